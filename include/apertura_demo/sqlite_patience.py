"""How long Airflow's processes wait for one another at SQLite: named in the demonstration's environment.

sqlite3 gives up after five seconds. Ten DAGs that are read, unpaused and triggered at once on a busy machine
hold the database longer than that, and a scheduler that gives up ends.
"""

CONNECT_ARGS: dict[str, object] = {"timeout": 90}
