"""SAT: vehicle imports, one file a month on its portal.

Everything this DAG does is declared in include/institutions/sat.yaml and include/datasets/sat/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("sat")
