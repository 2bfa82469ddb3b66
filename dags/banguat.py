"""BANGUAT: imports by tariff code and by country, and the exchange rate.

Everything this DAG does is declared in include/institutions/banguat.yaml and include/datasets/banguat/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("banguat")
