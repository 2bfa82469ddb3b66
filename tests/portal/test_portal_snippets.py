"""Code to load a table: each is run against a server of ours where its tool is here."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from matter_scene import ID, bucket, entry, field, money, table

from apertura.catalogue.model import DataFile, Table
from apertura.portal.snippets import Snippet, snippets

CSV = "\ufeffdepartamento_codigo,monto\r\n01,1.50\r\n22,\r\n"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """No line for each request."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The public folder over HTTP: key -> absolute address."""
    folder = tmp_path / "public"
    folder.mkdir(exist_ok=True)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield lambda key: f"http://127.0.0.1:{server.server_port}/{key}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def made(tmp_path: Path, address: Callable[[str], str]) -> dict[str, Snippet]:
    """The snippets of a table that is published as Parquet and CSV, by language."""
    public = bucket(tmp_path)
    one = table(public, [field("departamento_codigo"), money("monto")], [("01", 1.5), ("22", None)])
    key = f"datos/{ID}/latest/cosas.csv"
    public.put(key, CSV.encode())
    file = DataFile(key, key, "cosas", "csv", "text/csv", len(CSV), "ab" * 32)
    one = Table(one.name, one.title, one.description, one.rows, one.schema, (*one.files, file))
    return {found.language: found for found in snippets(entry(one), one, address)}


def test_there_is_one_for_each_tool(made: dict[str, Snippet]) -> None:
    assert list(made) == ["python", "r", "sql", "excel", "shell"]
    assert all(f"/datos/{ID}/latest/cosas." in one.code for one in made.values())


def test_python_reads_the_table_with_its_codes(made: dict[str, Snippet]) -> None:
    code = made["python"].code + "\nassert list(tabla['departamento_codigo']) == ['01', '22']\n"
    # Arrow's threads were seen to abort at the end of the interpreter, long after all was read.
    code += "import os, sys\nsys.stdout.flush()\nos._exit(0)\n"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)

    assert done.returncode == 0, done.stderr
    assert "departamento_codigo" in done.stdout


def test_duckdb_runs_the_query(made: dict[str, Snippet], tmp_path: Path) -> None:
    """Over HTTP the client needs its httpfs extension, which is not here: the same query over the file."""
    local = re.sub(r"http://127\.0\.0\.1:\d+", str(tmp_path / "public"), made["sql"].code)

    rows = duckdb.connect().execute(local).fetchall()

    assert [row[0] for row in rows] == ["01", "22"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_curl_saves_the_file_and_the_digest_is_shown(made: dict[str, Snippet], tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-e", "-c", made["shell"].code], cwd=tmp_path, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cosas.csv").read_bytes() == CSV.encode()
    assert "ab" * 32 in made["shell"].code


def test_r_keeps_codes_as_text_and_is_well_formed(made: dict[str, Snippet]) -> None:
    code = made["r"].code

    assert '"departamento_codigo" = "character"' in code
    assert '"monto"' not in code
    without = re.sub(r'"[^"]*"', "", code)
    assert without.count("(") == without.count(")")


@pytest.mark.skipif(
    shutil.which("Rscript") is None, reason="no R on this machine: its syntax is looked at only"
)
def test_r_reads_the_table(made: dict[str, Snippet]) -> None:
    code = made["r"].code + '\nstopifnot(identical(tabla$departamento_codigo, c("01", "22")))'

    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, timeout=100)

    assert done.returncode == 0, done.stderr


def test_excel_is_told_in_steps_that_keep_codes(made: dict[str, Snippet]) -> None:
    steps = made["excel"].steps

    assert len(steps) == 6
    assert any("departamento_codigo" in step for step in steps)
    assert made["python"].steps == []


def test_nested_documents_have_python_and_curl(address: Callable[[str], str], tmp_path: Path) -> None:
    key = f"datos/{ID}/latest/ocds.json"
    bucket(tmp_path).put(key, b'{"releases": []}')
    nested = Table("ocds", "OCDS", "", None, None, (DataFile(key, key, "ocds", "ocds", "x", 16, "0" * 64),))

    found = snippets(entry(nested), nested, address)

    assert [one.language for one in found] == ["python", "shell"]
    done = subprocess.run([sys.executable, "-c", found[0].code], capture_output=True, text=True, timeout=100)
    assert done.stdout.strip() == "['releases']"


def test_quotes_in_an_address_do_not_end_a_string(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    one = table(public, [field("clase")], [("a",)])

    found = {s.language: s for s in snippets(entry(one), one, lambda key: f'http://x/\'"); evil("/{key}')}

    assert "evil" not in compile(found["python"].code, "s", "exec").co_names
    assert found["sql"].code.count("'") % 2 == 0
