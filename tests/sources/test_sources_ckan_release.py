"""A CKAN portal that now and then fails feeds a dataset through every stage to its release."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ckan_portal import SHOW, TABLE, datastore, page, resource, script_pages, show
from scripted import INSTITUTION, Source, make_endpoint, send, unless_same

from apertura import pipeline
from apertura.contract.check import check
from apertura.errors import AperturaError
from apertura.runs.context import StageResult
from apertura.settings import Settings

DATASET = "prueba/gastos"
BROKEN = send(200, b"codigo,lug", Content_Length="999")
CONTRACT = """
apertura: 1
institution: prueba
name: gastos
schemaVersion: 1
title: Gastos de prueba
description: Gastos inventados de lugares inventados, que solo existen dentro de las pruebas del proyecto.
keyword: [prueba]
theme: GOVE
accrualPeriodicity: annual
temporal: 2020 en adelante
landingPage: https://prueba.example/
legal_duty: Decreto 57-2008, artículo 10
caveats: [Los datos son inventados y no dicen nada de ningún lugar.]
usage_warnings: [{code: moneda-corriente}]
release:
  decided_by: Pruebas
  legal_basis: {basis: oficio-art10-1, reason: prueba}
  date: 2026-01-01
  review: 2030-01-01
  licence: sin licencia declarada
source: {kind: ckan, connection: prueba_http, package: gastos, resource_format: csv}
partitions: {by: year, file: 'Gasto (?P<anio>20\\d\\d)', key: "{anio}"}
reader: {format: delimited}
resources:
  - name: gastos
    title: Gastos por lugar
    description: Una fila por año y lugar, con lo que gastó en quetzales.
    primaryKey: [anio, codigo]
    fields:
      - {name: anio, partition: true, title: Año, description: Año del gasto., access: publica,
         personal: none, treatment: keep}
      - {name: codigo, source: código, title: Código, description: Código del lugar., access: publica,
         personal: none, treatment: keep}
      - {name: lugar, source: lugar, title: Lugar, description: Nombre del lugar., access: publica,
         personal: none, treatment: keep}
      - {name: monto, source: monto, title: Monto, description: Lo gastado en el año., unit: GTQ,
         type: number, decimal: {precision: 24, scale: 2}, access: publica, personal: none, treatment: keep}
"""


def table(*amounts: str) -> bytes:
    """A year's file: a place for each amount."""
    lines = [f"{number:02d},Cobán,{amount}" for number, amount in enumerate(amounts, 1)]
    return "\n".join(["código,lugar,monto", *lines, ""]).encode()


@dataclass
class World:
    """A project with one dataset, its buckets, and the portal."""

    settings: Settings
    portal: Source

    def run(self, run_id: str, **arguments: Any) -> StageResult:
        ctx = pipeline.context(DATASET, run_id, settings=self.settings)
        return pipeline.run(ctx, make_endpoint(self.portal), **arguments)

    def published(self) -> Path:
        return Path(self.settings.public_url.removeprefix("file://")) / "datos" / DATASET

    def rows(self) -> list[tuple[str, ...]]:
        with (self.published() / "latest" / "gastos.csv").open(encoding="utf-8-sig", newline="") as file:
            return [tuple(row.values()) for row in csv.DictReader(file)]

    def release(self) -> dict[str, Any]:
        """The newest release's manifest."""
        latest = json.loads((self.published() / "latest.json").read_bytes())
        found: dict[str, Any] = json.loads((self.published() / latest["manifest"]).read_bytes())
        return found


@pytest.fixture
def world(tmp_path: Path, settings: Settings, source: Source) -> Callable[..., World]:
    """The project, whose contract's `source` and other keys a test may change."""

    def build(**changes: Any) -> World:
        home = tmp_path / "project"
        for folder in ("include/datasets/prueba", "include/institutions", "sql", "expectations"):
            (home / folder).mkdir(parents=True)
        (home / "sql" / "clean").symlink_to(settings.home / "sql" / "clean")
        (home / "include" / "reference").symlink_to(settings.home / "include" / "reference")
        raw = yaml.safe_load(CONTRACT)
        raw["release"] |= {name: str(raw["release"][name]) for name in ("date", "review")}
        raw = {key: value for key, value in (raw | changes).items() if value is not None}
        if raw.get("partitions") is None:
            raw["resources"][0]["fields"].pop(0)
            raw["resources"][0]["primaryKey"] = ["monto", "lugar"]
        for path, content in (
            ("include/institutions/prueba.yaml", INSTITUTION),
            ("include/datasets/prueba/gastos.yaml", raw),
        ):
            (home / path).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return World(replace(settings, home=home), source)

    return build


def script_years(portal: Source) -> None:
    """Two years as files, one at a whole address and one at the portal's own; a document beside them."""
    years = [resource("Gasto 2020", f"{portal.url}/archivos/2020.csv"), resource("Gasto 2021", "/f/2021.csv")]
    listed = show(*years, resource("Diccionario", f"{portal.url}/d.pdf", "PDF"))
    portal.script(SHOW, send(429, Retry_After="0"), send(200, listed))
    portal.script("/archivos/2020.csv", send(500), unless_same('"a"', table("10.50", "7")))
    portal.script("/f/2021.csv", BROKEN, unless_same('"b"', table("11")))


def test_a_portal_that_is_busy_fails_and_breaks_off_once_is_still_published(
    world: Callable[..., World],
) -> None:
    made = world()
    script_years(made.portal)
    assert made.run("run-1").outcome == "done"
    assert made.rows() == [
        ("2020", "01", "Cobán", "10.50"),
        ("2020", "02", "Cobán", "7.00"),
        ("2021", "01", "Cobán", "11.00"),
    ]
    assert made.release()["carried"] == []
    asked = made.portal.paths()
    assert (asked.count("/archivos/2020.csv"), asked.count("/f/2021.csv"), "/d.pdf" in asked) == (2, 2, False)
    # Asked again, it has nothing new, and that makes no version.
    before = made.release()
    assert made.run("run-2", force=True).outcome == "unchanged"
    assert made.release() == before


def test_a_year_that_breaks_off_holds_back_no_other_and_is_made_good_alone(
    world: Callable[..., World],
) -> None:
    made = world()
    script_years(made.portal)
    made.run("run-1")
    made.portal.script("/archivos/2020.csv", send(200, table("99", "8")))
    made.portal.script("/f/2021.csv", BROKEN)
    with pytest.raises(AperturaError, match="2021"):
        made.run("run-2", force=True)
    assert made.release()["carried"] == ["2021"]
    assert [row[3] for row in made.rows()] == ["99.00", "8.00", "11.00"]
    made.portal.script("/f/2021.csv", send(200, table("12", "13")))
    assert made.run("run-3", partitions=["2021"], force=True).outcome == "done"
    assert made.release()["carried"] == []
    assert [row[3] for row in made.rows()] == ["99.00", "8.00", "12.00", "13.00"]


DATASTORE: dict[str, Any] = {
    "source": {
        "kind": "ckan", "connection": "prueba_http", "package": "gastos", "resource": "tabla",
        "datastore": True, "page_rows": 10,
    },
    "partitions": None,
}  # fmt: skip


def script_table(portal: Source) -> None:
    """A table of 25 rows in three pages, the second of which fails once."""
    portal.script(SHOW, send(200, show(resource("tabla", "x", datastore_active=True))))
    script_pages(portal, datastore(TABLE), 10, 3)
    portal.script(page(10), send(500), datastore(TABLE))


def test_a_table_of_the_datastore_is_published_whole(world: Callable[..., World]) -> None:
    made = world(**DATASTORE)
    script_table(made.portal)
    assert made.run("run-1").outcome == "done"
    assert sorted(made.rows()) == sorted((row[1], row[2], row[3]) for row in TABLE)
    assert made.portal.paths().count(page(10)) == 2


def test_a_page_that_is_not_to_be_had_publishes_nothing(world: Callable[..., World]) -> None:
    made = world(**DATASTORE)
    script_table(made.portal)
    made.portal.script(page(20), send(429, Retry_After="0"))
    with pytest.raises(AperturaError, match="answers 429"):
        made.run("run-1")
    assert not made.published().exists()


def test_a_contract_over_a_ckan_portal_has_nothing_to_mend(world: Callable[..., World]) -> None:
    ctx = pipeline.context(DATASET, "run-1", settings=world().settings)
    assert [finding for finding in check(ctx.dataset, ctx.clock().date()) if finding.blocks] == []
