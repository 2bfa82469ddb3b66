"""Fake people planted in all three institutions: no stage, record, log or error message lets one out.

Good runs and runs that must fail, through the library's own stages; what is scanned is everything the
runs leave but the extracts themselves, which are the institution's bytes and hold them (asserted).
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from apertura import pipeline
from apertura.errors import (
    AperturaError,
    PrivacyError,
    QualityError,
    ReaderError,
    SourceError,
    ToleranceError,
)
from apertura.settings import Settings
from apertura.sources.endpoint import Endpoint
from apertura_demo.canary import Canaries, default_canaries
from apertura_demo.scan import Finding, scan
from apertura_demo.server import canary_headers, make_server, prepare_institutions

DATASETS = ("sat/importacion-vehiculos", "mineduc/establecimientos-diversificado", "oj/sentencias")
PEOPLE = default_canaries()


@dataclass
class Rehearsal:
    """Planted institutions that answer, and settings whose every folder is the test's own."""

    folder: Path
    settings: Settings
    port: int

    def endpoint(self, dataset: str) -> Endpoint:
        """The connection of the dataset's institution, as `make run` sets it."""
        institution = dataset.split("/")[0]
        parts = (
            {"conn_type": "sqlite", "host": str(self.folder / "institutions" / "oj" / "oj.sqlite")}
            if institution == "oj"
            else {
                "conn_type": "http",
                "host": f"http://127.0.0.1:{self.port}/{institution}/",
                "extra": {"allow_private": True, "retries": 0},
            }
        )
        return Endpoint.from_env("demo", {"AIRFLOW_CONN_DEMO": json.dumps(parts)})

    def run(self, dataset: str, run_id: str) -> None:
        """All stages of a dataset, as `apertura run` does them."""
        pipeline.run(pipeline.context(dataset, run_id, settings=self.settings), self.endpoint(dataset))

    def findings(self) -> list[Finding]:
        """What the scan finds in all that the runs leave, but for the institutions' own bytes."""
        private = self.folder / "private"
        left = [path for path in sorted(private.iterdir()) if path.name != "extracts"]
        left += [self.folder / name for name in ("public", "scratch", "all.log")]
        return scan([path for path in left if path.exists()], PEOPLE)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    prepare_institutions(folder, None, canaries=PEOPLE)
    return folder


@pytest.fixture
def rehearsal(
    planted: Path, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Rehearsal]:
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "state"
    folder.mkdir()
    shutil.copytree(planted, folder / "institutions")
    own = replace(
        settings,
        private_url=(folder / "private").as_uri(),
        public_url=(folder / "public").as_uri(),
        scratch=folder / "scratch",
    )
    with make_server(folder / "institutions", extra_headers=canary_headers(PEOPLE)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Rehearsal(folder, own, server.server_address[1])
        server.shutdown()
        thread.join()


def test_good_runs_publish_nobody(rehearsal: Rehearsal, caplog: pytest.LogCaptureFixture) -> None:
    for dataset in DATASETS:
        rehearsal.run(dataset, "run-1")
    (rehearsal.folder / "all.log").write_text(caplog.text)
    extracts = {finding.needle for finding in scan([rehearsal.folder / "private" / "extracts"], PEOPLE)}
    assert {"director-nombre", "victima-cui", "funcionario-nombre"} <= extracts, "the positive control"
    for dataset in DATASETS:
        assert (rehearsal.folder / "public" / "datos" / dataset / "latest.json").is_file()
        assert list((rehearsal.folder / "private" / "work" / dataset).rglob("*.parquet"))
    assert rehearsal.findings() == []


def new_column(institutions: Path, people: Canaries) -> str:
    for path in (institutions / "sat").glob("web_imp_*.txt"):
        person = people.of("funcionario").person
        header, *rows = path.read_bytes().splitlines()
        wider = [
            header + f"|{person.name}".encode("latin-1"),
            *(row + f"|{person.cui}".encode() for row in rows),
        ]
        path.write_bytes(b"\n".join(wider) + b"\n")
    return DATASETS[0]


def ragged_row(institutions: Path, people: Canaries) -> str:
    for path in (institutions / "sat").glob("web_imp_*.txt"):
        path.write_bytes(path.read_bytes() + f"CHINA|{people.of('funcionario').person.cui}\n".encode())
    return DATASETS[0]


def name_in_a_typed_column(institutions: Path, people: Canaries) -> str:
    for path in (institutions / "sat").glob("web_imp_*.txt"):
        name = people.of("funcionario").person.name.encode("latin-1")
        path.write_bytes(path.read_bytes().replace(b"/2026|", b"/2026 " + name + b"|"))
    return DATASETS[0]


def cut_off_page(institutions: Path, people: Canaries) -> str:
    path = institutions / "mineduc" / "PETEN.xls"
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(people.of("director").person.mobile.encode()) + 8])
    return DATASETS[1]


def code_that_is_a_name(institutions: Path, people: Canaries) -> str:
    path = institutions / "mineduc" / "JALAPA.xls"
    name = people.of("director").person.name.encode("latin-1")
    path.write_bytes(path.read_bytes().replace(b"<td>21-01-", b"<td>" + name + b"-"))
    return DATASETS[1]


def row_too_wide(institutions: Path, people: Canaries) -> str:
    path = institutions / "mineduc" / "ZACAPA.xls"
    cell = f"<td>{people.of('supervisor').person.cui}</td></tr>".encode()
    path.write_bytes(path.read_bytes().replace(b"</tr>", cell))
    return DATASETS[1]


def broken_database(institutions: Path, people: Canaries) -> str:
    with sqlite3.connect(institutions / "oj" / "oj.sqlite") as database:
        database.execute(f'ALTER TABLE casos RENAME COLUMN hechos TO "{people.of("juez").person.name}"')
    return DATASETS[2]


def date_that_is_a_name(institutions: Path, people: Canaries) -> str:
    with sqlite3.connect(institutions / "oj" / "oj.sqlite") as database:
        database.execute("UPDATE sentencias SET fecha = ?", (people.of("victima").person.name,))
    return DATASETS[2]


def outcome_that_is_a_name(institutions: Path, people: Canaries) -> str:
    with sqlite3.connect(institutions / "oj" / "oj.sqlite") as database:
        database.execute("UPDATE sentencias SET tipo = ?", (people.of("victima").person.name,))
    return DATASETS[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (new_column, ReaderError),
        (ragged_row, ReaderError),
        (name_in_a_typed_column, ToleranceError),
        (cut_off_page, ReaderError),
        (code_that_is_a_name, QualityError),
        (row_too_wide, ReaderError),
        (broken_database, SourceError),
        (date_that_is_a_name, ToleranceError),
        (outcome_that_is_a_name, PrivacyError),  # one outcome for all: nobody would be uncertain
    ],
)
def test_failing_runs_name_nobody(
    rehearsal: Rehearsal,
    spoil: Callable[[Path, Canaries], str],
    error: type[AperturaError],
    caplog: pytest.LogCaptureFixture,
) -> None:
    dataset = spoil(rehearsal.folder / "institutions", PEOPLE)
    with pytest.raises(error) as caught:
        rehearsal.run(dataset, "run-1")
    told = "".join(traceback.format_exception(caught.value))
    assert dataset in told
    (rehearsal.folder / "all.log").write_text(
        f"{caplog.text}\n{told}\n{caught.value!r}\n{vars(caught.value)}"
    )
    assert list((rehearsal.folder / "private" / "runs").rglob("*.json")), "the record says what failed"
    public = rehearsal.folder / "public"
    assert not public.exists() or not list(public.glob("datos/**/*.*")), "nothing was published"
    # Values that clean refused may lie in the private work files of deidentify, which never leave.
    allowed = f"{rehearsal.folder}/private/work/"
    assert [finding for finding in rehearsal.findings() if not finding.path.startswith(allowed)] == []
