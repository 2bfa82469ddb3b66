"""What the pipeline is measured against: an idiomatic pandas script, and one DuckDB script as the floor."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import importlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from apertura_demo.bench import cpu_seconds, peak_mb

HOME = Path(__file__).resolve().parents[3]
KEY = b"a key that only the measurement knows"

DEPARTMENTS = {
    "GUATEMALA": "01", "EL PROGRESO": "02", "SACATEPEQUEZ": "03", "CHIMALTENANGO": "04", "ESCUINTLA": "05",
    "SANTA ROSA": "06", "SOLOLA": "07", "TOTONICAPAN": "08", "QUETZALTENANGO": "09", "SUCHITEPEQUEZ": "10",
    "RETALHULEU": "11", "SAN MARCOS": "12", "HUEHUETENANGO": "13", "QUICHE": "14", "BAJA VERAPAZ": "15",
    "ALTA VERAPAZ": "16", "PETEN": "17", "EL PETEN": "17", "IZABAL": "18", "ZACAPA": "19", "CHIQUIMULA": "20",
    "JALAPA": "21", "JUTIAPA": "22",
}  # fmt: skip


def pandas_script(source: Path, target: Path) -> None:
    """Vectorised pandas, then Great Expectations on pandas; CSV, JSON and Parquet; no XML, no checksums."""
    import pandas as pd

    def nit_pseudonym(text: str) -> str | None:
        body = text.replace("-", "").replace(" ", "").upper().lstrip("0")
        if not re.fullmatch(r"\d{1,12}[\dK]", body):
            return None
        total = sum(int(digit) * weight for weight, digit in enumerate(reversed(body[:-1]), start=2))
        check = -total % 11
        if body[-1] != ("K" if check == 10 else str(check)):
            return None
        return hmac.new(KEY, body.encode(), hashlib.sha256).hexdigest()[:32]

    def cui_pseudonym(text: str) -> str | None:
        body = text.replace(" ", "").replace("-", "")
        if not re.fullmatch(r"\d{13}", body):
            return None
        total = sum(int(body[i]) * (i + 2) for i in range(8))
        if total % 11 == 10 or total % 11 != int(body[8]):
            return None
        return hmac.new(KEY, body.encode(), hashlib.sha256).hexdigest()[:32]

    raw = pd.read_csv(source, dtype=str, keep_default_na=False)
    clean = pd.DataFrame()
    clean["nog"] = raw["NOG"].str.strip()
    clean["fecha"] = pd.to_datetime(raw["FECHA"], format="%d/%m/%Y", errors="coerce")
    folded = raw["DEPARTAMENTO"].str.strip().str.replace(r"\s+", " ", regex=True)
    folded = folded.str.normalize("NFD").str.replace(r"[\u0300-\u036f]", "", regex=True).str.upper()
    clean["departamento_codigo"] = folded.map(DEPARTMENTS)
    for name in ("ENTIDAD", "PROVEEDOR"):
        clean[name.lower()] = raw[name].str.strip().str.replace(r"\s+", " ", regex=True)
    clean["nit"] = raw["NIT"].map(nit_pseudonym)
    clean["cui"] = raw["CUI"].map(cui_pseudonym)
    phones = raw["TELEFONO"].str.replace("+502", "", regex=False).str.findall(r"\b[267]\d{7}\b")
    clean["telefono"] = phones.str.join("; ").replace("", None)
    clean["monto"] = pd.to_numeric(raw["MONTO"].str.replace(r"[Q,\s]", "", regex=True), errors="coerce")
    bands = pd.cut(pd.to_numeric(raw["EDAD"], errors="coerce"), [18, 30, 45, 60, 200], right=False)
    clean["edad"] = bands.cat.rename_categories(["18-29", "30-44", "45-59", "60+"]).astype("object")
    clean["estado"] = raw["ESTADO"].str.strip().str.upper()
    clean["descripcion"] = raw["DESCRIPCION"].str.strip().str.replace(r"\s+", " ", regex=True)
    del raw
    _validate_in_pandas(clean)
    clean["fecha"] = clean["fecha"].dt.strftime("%Y-%m-%d")
    clean.to_csv(target / "p.csv", index=False, encoding="utf-8-sig")
    clean.to_json(target / "p.json", orient="records", force_ascii=False)
    clean.to_parquet(target / "p.parquet", compression="zstd")


def _validate_in_pandas(frame: Any) -> None:
    """The same checks as the pipeline derives from the contract."""
    import great_expectations as gx

    gxe: Any = importlib.import_module("great_expectations.expectations")

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
    definition = (
        context.data_sources.add_pandas("p")
        .add_dataframe_asset("a")
        .add_batch_definition_whole_dataframe("b")
    )
    names = list(frame.columns)
    expectations = [
        gxe.ExpectTableColumnsToMatchOrderedList(column_list=names),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToBeUnique(column="nog"),
        gxe.ExpectColumnValuesToMatchRegex(column="nog", regex=r"^\d{9}$"),
        gxe.ExpectColumnValuesToMatchRegex(column="departamento_codigo", regex=r"^\d{2}$"),
        gxe.ExpectColumnValuesToBeBetween(column="monto", min_value=0),
        gxe.ExpectColumnValuesToBeBetween(
            column="fecha", min_value=dt.datetime(2020, 1, 1), max_value=dt.datetime(2030, 12, 31)
        ),
        gxe.ExpectColumnValuesToBeInSet(column="estado", value_set=["ADJUDICADO", "DESIERTO", "ANULADO"]),
        gxe.ExpectColumnValueLengthsToBeBetween(column="descripcion", max_value=500),
    ]
    required = ("nog", "departamento_codigo", "entidad", "proveedor", "monto", "descripcion")
    expectations += [gxe.ExpectColumnValuesToNotBeNull(column=name) for name in required]
    suite = gx.ExpectationSuite(name="s", expectations=expectations)
    batch = definition.get_batch(batch_parameters={"dataframe": frame})
    result = batch.validate(suite, result_format="BOOLEAN_ONLY")
    if not result.success:
        raise SystemExit("the pandas script's own checks failed")


def floor_script(source: Path, target: Path) -> None:
    """The least that must be done: one DuckDB script, four formats, row order kept, SHA-256 of the files."""
    import duckdb

    padded = KEY.ljust(64, b"\0")
    con = duckdb.connect(config={"threads": 2, "memory_limit": "500MB", "preserve_insertion_order": True})
    con.execute("SET VARIABLE i = ?", [bytes(b ^ 0x36 for b in padded)])
    con.execute("SET VARIABLE o = ?", [bytes(b ^ 0x5C for b in padded)])
    con.execute("CREATE TABLE departments(name VARCHAR, code VARCHAR)")
    con.executemany("INSERT INTO departments VALUES (?, ?)", list(DEPARTMENTS.items()))
    for name in ("cui", "nit", "hmac_sha256"):  # the same rules, from the same texts
        con.execute((HOME / "sql/clean" / f"{name}.sql").read_text(encoding="utf-8"))
    con.execute(_FLOOR_MACROS)
    con.execute(_FLOOR_CLEAN.format(source=source, target=target / "f.parquet"))
    table = f"read_parquet('{target / 'f.parquet'}')"
    con.execute(f"COPY (FROM {table}) TO '{target / 'f.csv'}' (FORMAT csv, HEADER)")
    con.execute(f"COPY (FROM {table}) TO '{target / 'f.json'}' (FORMAT json, ARRAY true)")
    columns = [row[0] for row in con.execute(f"DESCRIBE FROM {table}").fetchall()]
    cells = ", ".join(
        f"'<{c}>', replace(replace(coalesce({c}::VARCHAR, ''), '&', '&amp;'), '<', '&lt;'), '</{c}>'"
        for c in columns
    )
    con.execute(
        f"COPY (SELECT concat('<registro>', {cells}, '</registro>') FROM {table}) TO '{target / 'f.xml'}' "
        "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '')"
    )
    for name in ("f.csv", "f.json", "f.xml", "f.parquet"):
        with (target / name).open("rb") as file:
            hashlib.file_digest(file, "sha256")


_FLOOR_MACROS = r"""
CREATE MACRO pseudonym(v) AS hmac_sha256(v, getvariable('i'), getvariable('o'));
CREATE MACRO squeeze(t) AS trim(regexp_replace(t, '\s+', ' ', 'g'));
"""

_FLOOR_CLEAN = r"""
COPY (
    SELECT trim(r."NOG") AS nog,
           try_strptime(r."FECHA", '%d/%m/%Y')::DATE AS fecha,
           d.code AS departamento_codigo,
           squeeze(r."ENTIDAD") AS entidad,
           squeeze(r."PROVEEDOR") AS proveedor,
           pseudonym(nit(r."NIT")) AS nit,
           pseudonym(cui(r."CUI")) AS cui,
           nullif(array_to_string(regexp_extract_all(replace(r."TELEFONO", '+502', ''), '\b[267]\d{{7}}\b'), '; '), '')
               AS telefono,
           try_cast(regexp_replace(r."MONTO", '[Q,\s]', '', 'g') AS DECIMAL(18, 2)) AS monto,
           CASE WHEN e < 30 THEN '18-29' WHEN e < 45 THEN '30-44' WHEN e < 60 THEN '45-59' ELSE '60+' END AS edad,
           upper(trim(r."ESTADO")) AS estado,
           squeeze(r."DESCRIPCION") AS descripcion
    FROM (SELECT *, "EDAD"::INT AS e FROM read_csv('{source}', all_varchar = true, header = true)) AS r
    LEFT JOIN departments AS d ON d.name = upper(strip_accents(squeeze(r."DEPARTAMENTO")))
) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""

if __name__ == "__main__":
    script, source_name, target_name = sys.argv[1:]
    started, spent = time.monotonic(), cpu_seconds()
    {"pandas": pandas_script, "floor": floor_script}[script](Path(source_name), Path(target_name))
    seconds, cpu = time.monotonic() - started, cpu_seconds() - spent
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb()}))
