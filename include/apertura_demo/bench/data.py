"""Two million invented procurement rows, as dirty as real ones, and the contract that publishes them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

SUPPLIERS_PER_ROW = 0.12
"""Distinct supplier names per row: real procurement has at least one in ten."""

_GENERATOR = """
CREATE OR REPLACE MACRO pick(list, n) AS list[1 + (n % len(list))::INT];
CREATE OR REPLACE MACRO nit_check(body) AS
    (11 - list_sum([ (substr(body, 8 - i, 1)::INT) * (i + 1) for i in range(1, 8) ]) % 11) % 11;
CREATE OR REPLACE MACRO cui_check(body) AS
    list_sum([ (substr(body, i, 1)::INT) * (i + 1) for i in range(1, 9) ]) % 11;
CREATE TABLE suppliers AS
WITH numbers AS (
    SELECT range AS n, hash(range) AS h, lpad((1000000 + range * 7 % 8999999)::VARCHAR, 7, '0') AS body,
           lpad((10000000 + range * 13 % 79999999)::VARCHAR, 8, '0') AS serial
    FROM range({suppliers})
)
SELECT n,
       CASE WHEN h % 3 = 0
            THEN pick(['MARÍA', 'JUAN CARLOS', 'Ana Lucía', 'PEDRO', 'Ixchel', 'José Ángel'], h >> 8) || ' '
                 || pick(['LÓPEZ', 'Cuc', 'XOL', 'García', 'PÉREZ', 'Tzoc'], h >> 16) || ' ' || n
            ELSE pick(['COMERCIAL', 'Distribuidora', 'CONSTRUCTORA', 'Servicios'], h >> 8) || ' '
                 || pick(['EL QUETZAL', 'La Ceiba', 'ATITLÁN', 'Maya'], h >> 16) || ' ' || n || ', S.A.' END AS name,
       CASE WHEN nit_check(body) = 10 THEN body || '-K'
            WHEN h % 2 = 0 THEN body || '-' || nit_check(body) ELSE body || nit_check(body) END AS nit,
       CASE WHEN cui_check(serial) = 10 THEN ''
            WHEN h % 2 = 0 THEN substr(serial, 1, 4) || ' ' || substr(serial, 5) || cui_check(serial) || ' 0101'
            ELSE serial || cui_check(serial) || '0501' END AS cui
FROM numbers;
COPY (
    SELECT lpad((10000000 + r)::VARCHAR, 9, '0') AS "NOG",
           CASE WHEN h % 500 = 0 THEN 'pendiente'
                WHEN h % 2 = 0 THEN strftime(day, '%d/%m/%Y') ELSE strftime(day, '%-d/%-m/%Y') END AS "FECHA",
           pick(['Guatemala', 'GUATEMALA', ' Quetzaltenango', 'Sacatepequez', 'SACATEPÉQUEZ', 'Peten', 'El  Peten',
                 'Alta Verapaz', 'Sololá', 'SOLOLA', 'Totonicapan', 'Quiche'], h >> 4) AS "DEPARTAMENTO",
           'Municipalidad de ' || pick(['Mixco', 'Cobán', 'Flores', 'Sololá', 'Antigua Guatemala'], h >> 6)
               AS "ENTIDAD",
           s.name AS "PROVEEDOR", s.nit AS "NIT", s.cui AS "CUI",
           CASE (h >> 5) % 4 WHEN 0 THEN '2' || lpad(((h >> 9) % 10000000)::VARCHAR, 7, '0')
                WHEN 1 THEN '+502 7' || lpad(((h >> 9) % 10000000)::VARCHAR, 7, '0')
                WHEN 2 THEN '5' || lpad(((h >> 9) % 10000000)::VARCHAR, 7, '0')
                ELSE '2' || lpad(((h >> 9) % 10000000)::VARCHAR, 7, '0') || ' / 4'
                     || lpad(((h >> 10) % 10000000)::VARCHAR, 7, '0') END AS "TELEFONO",
           CASE h % 3 WHEN 0 THEN 'Q' || format('{{:,}}', (h >> 7) % 2000000) || '.' || lpad((h % 100)::VARCHAR, 2, '0')
                WHEN 1 THEN 'Q ' || ((h >> 7) % 90000)::VARCHAR || '.5'
                ELSE ((h >> 7) % 90000)::VARCHAR || '.25' END AS "MONTO",
           (18 + (h >> 11) % 60)::VARCHAR AS "EDAD",
           pick(['Adjudicado', 'ADJUDICADO', 'Desierto', 'Anulado'], h >> 13) AS "ESTADO",
           'Adquisición de ' || pick(['"materiales" eléctricos', 'papel bond, tamaño carta', 'combustible diésel',
               'medicamentos; varios', 'servicios de mantenimiento'], h >> 15)
               || ', cotización número ' || (h % 100000) || ' y sus bases' AS "DESCRIPCION"
    FROM (SELECT range AS r, hash(range + 77) AS h,
                 DATE '2021-01-01' + ((hash(range) % 1800)::INT) AS day FROM range({rows})) AS t
    JOIN suppliers AS s ON s.n = h % {suppliers}
    ORDER BY r
) TO '{target}' (FORMAT csv, HEADER, DELIMITER ',')
"""

_CONTRACT = """
apertura: 1
institution: bench
name: adjudicaciones
schemaVersion: 1
title: Adjudicaciones simuladas
description: Filas inventadas para medir la velocidad del proceso completo con datos sucios y personales.
keyword: [medición]
theme: GOVE
accrualPeriodicity: monthly
landingPage: https://example.org/
legal_duty: ninguno, son datos inventados
release:
  decided_by: medición
  legal_basis: {basis: registro-publico, reason: Datos inventados.}
  date: 2020-01-01
  review: 2099-01-01
  licence: sin licencia declarada
source: {kind: inbox}
reader: {format: delimited, separator: ",", encodings: [utf-8]}
resources:
  - name: adjudicaciones
    title: Adjudicaciones
    description: Una fila por adjudicación.
    primaryKey: [nog]
    fields:
      - {name: nog, source: NOG, title: NOG, description: Número, constraints: {required: true, unique: true,
         pattern: '^\\d{9}$'}, access: publica, personal: none, treatment: keep}
      - {name: fecha, source: FECHA, title: Fecha, description: Fecha, type: date, format: dmy, tolerance: 0.01,
         constraints: {minimum: "2020-01-01", maximum: "2030-12-31"},
         access: publica, personal: none, treatment: keep}
      - {name: departamento_fuente, source: DEPARTAMENTO, access: publica, personal: none, treatment: transient}
      - {name: departamento_codigo, derive: {macro: department_code, of: [departamento_fuente]},
         title: Departamento, description: Código, constraints: {required: true, pattern: '^\\d{2}$'},
         access: publica, personal: none, treatment: keep}
      - {name: entidad, source: ENTIDAD, title: Entidad, description: Entidad, constraints: {required: true},
         access: publica, personal: none, treatment: keep}
      - {name: proveedor, source: PROVEEDOR, title: Proveedor, description: Nombre, constraints: {required: true},
         access: publica, personal: personal, treatment: keep,
         legal_basis: {basis: registro-publico, reason: Gasto público.}}
      - {name: nit, source: NIT, title: NIT, description: Seudónimo, access: confidencial, personal: personal,
         treatment: pseudonymize, pseudonym: {domain: table, form: nit}}
      - {name: cui, source: CUI, title: CUI, description: Seudónimo, access: confidencial, personal: personal,
         treatment: pseudonymize, pseudonym: {domain: table, form: cui}}
      - {name: telefono, source: TELEFONO, title: Teléfono, description: Fijo, admit: landlines,
         access: publica, personal: personal, treatment: keep,
         legal_basis: {basis: oficio-art10-2, reason: Oficial.}}
      - {name: monto, source: MONTO, title: Monto, description: Monto, unit: GTQ, type: number, format: gtq,
         constraints: {required: true, minimum: 0}, access: publica, personal: none, treatment: keep}
      - {name: edad, source: EDAD, title: Edad, description: Grupo, type: integer, access: confidencial,
         personal: personal, treatment: generalize, generalize: {bands: [18, 30, 45, 60]}}
      - {name: estado, source: ESTADO, title: Estado, description: Estado, clean: [trim_text, fold_text],
         constraints: {enum: [ADJUDICADO, DESIERTO, ANULADO]}, access: publica, personal: none, treatment: keep}
      - {name: descripcion, source: DESCRIPCION, title: Descripción, description: Texto,
         constraints: {required: true, maxLength: 500}, access: publica, personal: none, treatment: keep}
"""

_PROTECTED = {
    "name: adjudicaciones": "name: protegidas",
    "    primaryKey: [nog]\n": "",
    """constraints: {required: true, unique: true,
         pattern: '^\\d{9}$'}, access: publica, personal: none, treatment: keep}""": """access: publica,
         personal: none, treatment: drop}""",
    "treatment: pseudonymize, pseudonym: {domain: table, form: nit}}": "treatment: drop}",
    "treatment: pseudonymize, pseudonym: {domain: table, form: cui}}": "treatment: drop}",
    """         title: Departamento, description: Código, constraints: {required: true, pattern: '^\\d{2}$'},
         access: publica, personal: none, treatment: keep}""": """         title: Departamento, description: Código,
         access: publica, personal: personal, treatment: generalize, hierarchy: [{prefix: 1}, {all: true}]}""",
    "generalize: {bands: [18, 30, 45, 60]}}": """hierarchy: [{bands: [18, 30, 45, 60]},
         {bands: [18, 45]}, {all: true}]}""",
}
"""What the measured contract says otherwise where disclosure control is measured: a number of each row and
pseudonyms that tell people by how many rows they have would not withstand the attacks."""

_PRIVACY = """
privacy:
  unit: persona adjudicada
  attacker: Alguien conoce el departamento y la edad de la persona y quiere saber cómo terminó su adjudicación.
  tables:
    - {kind: microdata, resource: protegidas, unit: {row: Una fila por persona.}, quasi_identifiers: [departamento_codigo, edad], k: 5,
       sensitive: [{field: estado, distinct_l: 2}], suppression: {limit: 0.02}}
"""

_INSTITUTION = """
name: bench
title: Medición
homepage: https://example.org/
information_unit: {name: ninguna}
owner: bench
schedule: "0 0 * * *"
"""


def generate(target: Path, rows: int) -> None:
    """Write the CSV: about 225 bytes a row, the same each time."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as connection:
        sql = _GENERATOR.format(rows=rows, suppliers=max(1, int(rows * SUPPLIERS_PER_ROW)), target=target)
        connection.execute(sql)


def make_project(home: Path, source: Path) -> None:
    """A project folder with the measured dataset, plain and protected, and the real vocabulary of `source`."""
    for folder in ("sql/clean", "include/reference"):
        shutil.copytree(source / folder, home / folder, dirs_exist_ok=True)
    contract = home / "include/datasets/bench/adjudicaciones.yaml"
    institution = home / "include/institutions/bench.yaml"
    protected = _CONTRACT + _PRIVACY
    for before, after in _PROTECTED.items():
        if before not in protected:
            raise AssertionError("the measured contract no longer says what the protected one changes")
        protected = protected.replace(before, after)
    guarded = contract.with_name("protegidas.yaml")
    for path, text in ((contract, _CONTRACT), (guarded, protected), (institution, _INSTITUTION)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("\\\\", "\\"), encoding="utf-8")


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(sys.argv[2]))
