"""INSIVUMEH, the national weather service: daily records of its stations.

Everything this DAG does is declared in include/institutions/insivumeh.yaml and include/datasets/insivumeh/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("insivumeh")
