"""Apertura: from raw institutional extracts to trustworthy open data. Imports no Airflow."""

__version__ = "0.1.0"
