"""Each day: remove what may not be kept any longer, for every institution.

How long things stay is declared in include/institutions/.
"""

from apertura_airflow.maintenance import build_dag

dag = build_dag()
