"""INE: traffic accidents, divorces and marriages, one file or a few a year.

Everything this DAG does is declared in include/institutions/ine.yaml and include/datasets/ine/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("ine")
