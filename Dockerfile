# One image for every Airflow service and for the command line.
#
# Not FROM apache/airflow: that image brings some eighty providers of other versions than requirements.txt
# locks, so what runs would not be what the tests ran. Here everything comes from the lock, by hash.
# docs/deploy.md says how it is used.
ARG PYTHON=python:3.12.13-slim-trixie

FROM ${PYTHON} AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 UV_LINK_MODE=copy UV_NO_CACHE=1
RUN python -m venv /opt/venv
COPY requirements-uv.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.txt
COPY requirements.txt ./
# Bytecode: without it everything starts two to three times slower.
RUN /opt/venv/bin/uv pip install --python /opt/venv/bin/python --require-hashes --compile-bytecode -r requirements.txt
COPY pyproject.toml ./
COPY include/apertura include/apertura
COPY include/apertura_demo include/apertura_demo
RUN /opt/venv/bin/uv pip install --python /opt/venv/bin/python --no-deps --no-build-isolation --compile-bytecode .

FROM ${PYTHON}
# 50000 is the user id of Airflow's own image. The master key's file on the host belongs to it.
RUN useradd --uid 50000 --gid 0 --home-dir /opt/airflow --create-home airflow \
 && install -d -o airflow -g 0 -m 770 /opt/airflow/logs /var/tmp/apertura /var/lib/apertura /var/lib/apertura-demo
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/airflow
COPY dags dags
COPY plugins plugins
COPY include include
COPY sql sql
COPY expectations expectations
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/opt/airflow/plugins \
    AIRFLOW_HOME=/opt/airflow \
    APERTURA_HOME=/opt/airflow \
    APERTURA_SCRATCH=/var/tmp/apertura \
    APERTURA_STATE=/var/lib/apertura
USER 50000:0
CMD ["apertura", "--help"]
