"""Organismo Judicial: criminal judgments from its case database.

Everything this DAG does is declared in include/institutions/oj.yaml and include/datasets/oj/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("oj")
