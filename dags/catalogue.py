"""Catalogue and portal: rebuilt when a dataset has a new release, and each night.

What it makes is read from the release manifests in the public bucket, whatever told it to run.
"""

from apertura_airflow.catalogue import build_dag

dag = build_dag()
