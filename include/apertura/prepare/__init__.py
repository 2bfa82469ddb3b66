"""From an extract to the tables to publish: deidentify, clean, protect. DuckDB does the work."""
