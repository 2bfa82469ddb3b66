"""Code to load a table in the tools that people use, from its stable address; codes stay text in each."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from apertura.catalogue.model import DataFile, Entry, Table
from apertura.prepare.engine import literal


@dataclass(frozen=True)
class Snippet:
    """`language` is python, r, sql, excel or shell; `code` of excel is steps in words, one a line."""

    language: str
    title: str
    code: str

    @property
    def steps(self) -> list[str]:
        """The steps of one that is words and no code; empty for code."""
        return self.code.splitlines() if self.language == "excel" else []


def snippets(entry: Entry, table: Table, url: Callable[[str], str]) -> list[Snippet]:
    """How to load the table; `url` gives the absolute address of a key (`Catalogue.url`).

    A package of nested documents has Python and curl only.
    """
    files = {name: file for name in ("parquet", "csv") if (file := table.file(name)) is not None}
    if table.schema is None:
        document = next((file for file in table.files), None)
        return [_python_json(url(document.key)), _curl(document, url)] if document else []
    made = []
    if "parquet" in files:
        made += [_python(url(files["parquet"].key)), _sql(entry, url(files["parquet"].key))]
    if "csv" in files:
        made.insert(1, _r(table, url(files["csv"].key)))
        made += [_excel(table, url(files["csv"].key)), _curl(files["csv"], url)]
    return made


def _text(value: str) -> str:
    """A string literal of Python, R and JSON alike."""
    return json.dumps(value, ensure_ascii=False)


def _python(address: str) -> Snippet:
    code = f"""# pip install pandas pyarrow
import pandas as pd

tabla = pd.read_parquet({_text(address)})
print(tabla.head())"""
    return Snippet("python", "Python (pandas)", code)


def _python_json(address: str) -> Snippet:
    code = f"""import json
from urllib.request import urlopen

with urlopen({_text(address)}) as respuesta:
    documento = json.load(respuesta)
print(list(documento))"""
    return Snippet("python", "Python", code)


def _r(table: Table, address: str) -> Snippet:
    """Base R: no package is needed. Text columns are named, or 0101 would become 101."""
    names = [str(field["name"]) for field in table.fields if field["type"] in ("string", "date", "datetime")]
    classes = ",\n    ".join(f'{_text(name)} = "character"' for name in names)
    kinds = f",\n  colClasses = c(\n    {classes}\n  )" if names else ""
    code = f"""tabla <- read.csv(
  {_text(address)},
  fileEncoding = "UTF-8-BOM",
  na.strings = "",
  check.names = FALSE{kinds}
)
head(tabla)"""
    return Snippet("r", "R", code)


def _sql(entry: Entry, address: str) -> Snippet:
    code = f"""-- {entry.id}: DuckDB lee solo las partes del archivo que la consulta necesita
SELECT *
FROM read_parquet({literal(address)})
LIMIT 10;"""  # noqa: S608 (text for a reader)
    return Snippet("sql", "DuckDB (SQL)", code)


def _excel(table: Table, address: str) -> Snippet:
    texts = [str(field["name"]) for field in table.fields if _is_code(str(field["name"]), str(field["type"]))]
    listed = f" ({', '.join(texts[:4])}{' …' if len(texts) > 4 else ''})" if texts else ""
    steps = [
        "En Excel, abra la pestaña Datos y elija Obtener datos, De otras fuentes, Desde la web.",
        f"Pegue esta dirección y acepte: {address}",
        "En Origen de archivo elija 65001: Unicode (UTF-8); en Delimitador, Coma.",
        "Pulse Transformar datos y borre el paso «Tipo cambiado», para que Excel no adivine los tipos.",
        f"Deje como Texto las columnas de códigos{listed}: así conservan el cero inicial.",
        "Ponga Número a las cantidades con Usar configuración regional, Español (Guatemala); "
        "luego Cerrar y cargar.",
    ]
    return Snippet("excel", "Excel (Power Query)", "\n".join(steps))


def _is_code(name: str, type_: str) -> bool:
    return type_ == "string" and (
        "codigo" in name or "código" in name or name.endswith("_id") or name == "id"
    )


def _curl(file: DataFile, url: Callable[[str], str]) -> Snippet:
    name = shlex.quote(file.name)
    code = f"""curl --fail --location --output {name} {shlex.quote(url(file.key))}
sha256sum {name}
# de la versión que describe esta página: {file.sha256}"""
    return Snippet("shell", "Terminal (curl)", code)
