"""Guatecompras: procurement in OCDS, one bulk file a month.

Everything this DAG does is declared in include/institutions/guatecompras.yaml and
include/datasets/guatecompras/.
"""

from apertura_airflow.build import build_dag

dag = build_dag("guatecompras")
