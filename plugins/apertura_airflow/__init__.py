"""Apertura in Airflow: DAG builder, tasks, connections, notices. Knows the library; is not known by it."""
