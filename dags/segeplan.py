"""SEGEPLAN: the municipal management ranking, one workbook.

Everything this DAG does is declared in include/institutions/segeplan.yaml and include/datasets/segeplan/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("segeplan")
