"""MINFIN: municipal revenue, budgeted and collected, one workbook of several years.

Everything this DAG does is declared in include/institutions/minfin.yaml and include/datasets/minfin/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("minfin")
