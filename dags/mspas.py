"""MSPAS, the Ministry of Health: malnutrition of children and deaths by COVID-19, counts that are protected.

Everything this DAG does is declared in include/institutions/mspas.yaml and include/datasets/mspas/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("mspas")
