"""INE's datasets run over files by partition, and what their raw files hold, read without the readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyreadstat
from datasets_scene import Ran, Row, settings_in

from apertura import pipeline
from apertura.runs.context import STAGES, WHOLE
from apertura.runs.work import work_key

ACCIDENTS, DIVORCES, WEDDINGS = "ine/accidentes", "ine/divorcios", "ine/matrimonios"
KINDS = {
    "accidentes": "Hechos de Transito",
    "personas": "Fallecidos y Lesionados",
    "resultados": "Fallecidos y Lesionados",
    "conductores": "Vehículos Involucrados",
    "vehiculos": "Vehículos Involucrados",
    "modelos": "Vehículos Involucrados",
}
"""Resource -> the kind of workbook that it reads."""


def through_years(
    folder: Path, dataset: str, files: Mapping[str, Sequence[Path]], *, last: str = "validate"
) -> Ran:
    """Take each year's files to clean, then all together as far as `last`."""
    ctx = pipeline.context(dataset, "run-1", settings=replace(settings_in(folder), memory_limit="800MB"))
    for year, paths in files.items():
        for stage in ("extract", "deidentify", "clean"):
            given = list(paths) if stage == "extract" else None
            pipeline.run_stage(ctx, stage, year, files=given)
    for stage in STAGES[3 : STAGES.index(last) + 1]:
        pipeline.run_stage(ctx, stage, WHOLE, partitions=list(files))
    return Ran(ctx)


def workbooks(folder: Path) -> dict[str, list[Path]]:
    """The three workbooks of each year."""
    return {
        year: [folder / f"{year} - {kind}.xlsx" for kind in dict.fromkeys(KINDS.values())]
        for year in ("2017", "2018")
    }


def cleaned(ran: Ran, resource: str, partition: str) -> list[Row]:
    """What clean left of a resource: every row, before anything is generalised or suppressed."""
    found = next(one for one in ran.ctx.dataset.contract.resources if one.name == resource)
    key = work_key(ran.ctx, "clean", partition, found)
    with ran.ctx.private.as_file(key) as path, duckdb.connect() as connection:
        result = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def raw_accidents(folder: Path, resource: str, year: str) -> list[dict[str, Any]]:
    """A workbook's rows by its header."""
    book = openpyxl.load_workbook(folder / f"{year} - {KINDS[resource]}.xlsx", read_only=True)
    try:
        header, *rows = book.worksheets[0].iter_rows(values_only=True)
        return [dict(zip(map(str, header), row, strict=True)) for row in rows]
    finally:
        book.close()


def raw_couples(path: Path) -> list[dict[str, Any]]:
    """A SPSS file's rows by its variables, as codes."""
    cells, _ = pyreadstat.read_sav(str(path), output_format="dict")
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def attacks_failed(ran: Ran) -> dict[str, Any]:
    """Every attack of protect was tried on every table of people and got nobody; the whole account."""
    disclosure: dict[str, Any] = ran.document("protect")["disclosure"]
    attacks = disclosure["attacks"]
    assert [one["name"] for one in attacks if not one["passed"]] == []
    assert sum(one["succeeded"] for one in attacks) == 0
    tables = {one["resource"] for one in disclosure["tables"]}
    tried = {one["resources"][0] for one in attacks if one["name"] == "linkage" and one["tried"]}
    assert tried == tables
    assert [one for one in attacks if one["name"] == "cross"]
    least = [one["smallest_candidates"] for one in attacks if one["smallest_candidates"] is not None]
    assert min(least) >= 5
    for table in disclosure["tables"]:
        assert table["suppressed_rows"] <= table["limit"] * table["rows_in"]
        for model in table["models"]:
            assert min(model["reached"]["k_category"], model["reached"]["k_wildcard"]) >= 5
    return disclosure
