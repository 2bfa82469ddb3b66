"""Search and SQL in a real browser: all from the site itself, the Parquet in parts, errors in Spanish."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import build_scene as scene
import pytest
from build_scene import ARGUMENTS, CHROMIUM, HOME, built, served
from publish_scene import NOW

from apertura.portal import search, sql
from apertura.portal.build import build

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine")
CACHE = HOME / ".state"
"""Where `make run` keeps the browser packages: they are fetched once."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a search and a SQL page."""
    made = tmp_path_factory.mktemp("consultas")
    scene.scene(made)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HOME / "include/portal" / name, made / "home/include/portal")
    settings = replace(scene.settings(made), state=CACHE)
    if sql.packages(settings) is None:
        pytest.skip("npm cannot give the browser packages on this machine")
    assert build(settings, clock=lambda: NOW).notes == []
    return made


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with served(folder) as address:
        yield address


@pytest.fixture
def page(site: str) -> Iterator[Any]:
    """A page of a new browser; afterwards nothing of another host was asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page()
        asked: list[Any] = []
        opened.on("request", lambda request: asked.append(request))
        opened.asked = asked
        yield opened
        hosts = {urlsplit(one.url).netloc for one in asked if not one.url.startswith(("blob:", "data:"))}
        browser.close()
        assert hosts == {urlsplit(site).netloc}


def ask(page: Any, query: str | None = None) -> str:
    """Run a query by the keyboard; the line that tells how it went, or the error."""
    page.wait_for_selector("#consulta:not([hidden])")
    page.focus("#sql")
    if query is not None:
        page.fill("#sql", query)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#resultado:not([hidden]), #error:not([hidden])", timeout=60_000)
    error = page.query_selector("#error:not([hidden]) .alert")
    return str(error.inner_text() if error else page.inner_text("#estado"))


@pytest.mark.slow
def test_the_example_runs_over_byte_ranges_and_its_result_is_downloaded(
    page: Any, site: str, tmp_path: Path
) -> None:
    page.goto(f"{site}consultas/#prueba/compras")
    page.wait_for_selector("#consulta:not([hidden])")
    assert "'prueba/compras/compras.parquet'" in page.input_value("#sql")
    assert not [one for one in page.asked if ".wasm" in one.url], "the engine comes with the first query"
    assert ask(page).startswith("12 filas")
    cells = page.eval_on_selector_all(
        "#resultado tbody tr:first-child td", "all => all.map(c => c.textContent)"
    )
    assert {"0000", "0.05"} <= set(cells), "codes keep their zeros, money its decimals"
    parts = [one for one in page.asked if one.url.endswith(".parquet") and one.method == "GET"]
    assert parts
    assert all(one.headers.get("range", "").startswith("bytes=") for one in parts)
    with page.expect_download() as download:
        page.click("#csv")
    download.value.save_as(tmp_path / "r.csv")
    rows = list(csv.reader((tmp_path / "r.csv").open(encoding="utf-8-sig", newline="")))
    assert len(rows) == 13
    assert rows[0][0] == "código"
    assert 'Ñandú «1», "dos"\ny tres' in [row[1] for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELEC 1", "no está bien escrita"),
        ("SELECT nada FROM 'prueba/cosas/cosas.parquet'", "columna que no existe"),
        ("SELECT * FROM cosas", "ninguna tabla"),
        ("SELECT CAST(nombre AS INTEGER) FROM 'prueba/cosas/cosas.parquet'", "no se puede convertir"),
    ],
)
def test_errors_are_told_in_spanish(page: Any, site: str, query: str, told: str) -> None:
    page.goto(f"{site}consultas/")
    assert told in ask(page, query)
    assert ask(page, "SELECT 1 AS uno").startswith("1 fila"), "and the next query runs"


@pytest.mark.slow
def test_tables_are_joined_and_html_in_a_value_does_nothing(page: Any, site: str) -> None:
    page.goto(f"{site}consultas/")
    query = """SELECT count(*) AS n, '<img src=x onerror="document.title=1">' AS texto
        FROM 'prueba/cosas/cosas.parquet' AS a JOIN 'prueba/compras/compras.parquet' AS b USING ("código");"""
    assert ask(page, query).startswith("1 fila")
    assert page.inner_text("#resultado tbody td >> nth=0") == "12"
    assert page.query_selector("#resultado img") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["contratacion", "contratación", "CONTRATACIONES", "vehiculo", "contratacion publica"]
)
def test_search_forgives_accents_and_endings(page: Any, site: str, words: str) -> None:
    page.goto(f"{site}buscar/")
    found = page.evaluate(
        """async ([script, words]) => {
            const pagefind = await import(script); await pagefind.init();
            const found = await pagefind.search(words);
            return (await Promise.all(found.results.map(one => one.data()))).map(one => one.url);
        }""",
        [f"/{search.folder()}/pagefind.js", words],
    )
    assert any("conjuntos/prueba/compras/" in url for url in found)


def test_without_packages_the_site_is_built_without_the_page(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "estado"
    shutil.copytree(folder, copy)
    (copy / "home/include/portal/package-lock.json").unlink()
    result = built(copy)
    assert [note for note in result.notes if "SQL" in note]
    assert not (copy / "public/consultas/index.html").exists()
    assert "consultas/" not in (copy / "public/index.html").read_text()
    assert scene.broken_links(copy) == []


def test_npm_that_fails_or_is_not_there_is_no_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(scene.settings(folder), state=tmp_path / "leer")
    monkeypatch.setattr(sql, "_bundled_npm", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sql.packages(settings) is None
    broken = tmp_path / "npm"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert sql.packages(settings) is None
    assert list((tmp_path / "leer/cache/portal").iterdir()) == [], "nothing half is kept"


def test_the_example_asks_by_what_a_table_has() -> None:
    from apertura.catalogue.model import Table

    def table(*fields: dict[str, Any]) -> Table:
        return Table("t", "T", "", 1, {"fields": list(fields), "primaryKey": []}, ())

    plain = sql.example(table({"name": "x", "type": "string"}), "a/b/t.parquet")
    assert plain == "SELECT *\nFROM 'a/b/t.parquet'\nLIMIT 20"
    money = sql.example(
        table({"name": "año", "type": "integer"}, {"name": 'mon"to', "type": "number", "unit": "GTQ"}), "t"
    )
    assert "GROUP BY 1" in money
    assert 'sum("mon""to") AS total' in money
    assert "ORDER BY 1\n" in money, "years in their order"
    placed = sql.example(
        table(
            {"name": "departamento_codigo", "type": "string"},
            {"name": "departamento", "type": "string"},
            {"name": "casos", "type": "integer"},
            {"name": "casos_estado", "type": "string"},
        ),
        "t",
    )
    assert placed.startswith('SELECT "departamento",'), "the name says more than the code"
    assert 'sum("casos") AS al_menos' in placed
    assert """count(*) FILTER (WHERE "casos_estado" = 'suprimido') AS protegidos""" in placed
