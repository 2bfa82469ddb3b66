"""MINEDUC: directory of upper-secondary schools, one HTML export per department.

Everything this DAG does is declared in include/institutions/mineduc.yaml and include/datasets/mineduc/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("mineduc")
