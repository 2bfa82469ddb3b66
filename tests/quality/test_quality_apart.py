"""What quality must leave alone: the network, the disk, DAG files' import time, the end of the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from quality_scene import contract, field, one, resource

from apertura.runs.context import Context

HEAVY = ("great_expectations", "pandas", "sqlalchemy", "duckdb", "pyarrow")


def run(code: str, *arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter whose home and temporary folder lie in `folder`."""
    places = {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **places, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def loaded(statement: str, folder: Path) -> list[str]:
    code = f"import json, sys\n{statement}\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    result = run(code, folder=folder)
    assert result.returncode == 0, result.stderr
    heavy: list[str] = json.loads(result.stdout)
    return heavy


def test_importing_quality_is_cheap_and_preload_is_not(tmp_path: Path) -> None:
    assert loaded("import apertura.quality", tmp_path) == []
    assert set(loaded("from apertura.quality import preload\npreload()", tmp_path)) == set(HEAVY)


def test_checking_a_suite_does_not_load_great_expectations(
    tmp_path: Path, start: Callable[..., Context]
) -> None:
    suite = [one("column_values_to_match_regex", column="x", regex="a")]
    ctx = start(contract(resource("cosas", field("x"))), "SELECT 'a' AS x", suite=suite)
    code = (
        "from pathlib import Path\nfrom apertura.contract import Project\n"
        "from apertura.quality import check_suite\n"
        f"check_suite(Project(Path({str(ctx.settings.home)!r})).dataset({ctx.dataset.id!r}))"
    )
    assert "great_expectations" not in loaded(code, tmp_path)


WATCHED = """
import json, os, sys
seen = []

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") or event.startswith("socket.getaddr"):
        seen.append(event)
    elif event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        seen.append(str(arguments[0]))
    elif event in ("os.mkdir", "subprocess.Popen", "os.exec", "os.posix_spawn"):
        seen.append(f"{event} {arguments[0]}")

sys.addaudithook(watch)
from pathlib import Path
from apertura.contract import Project
from apertura.runs.context import Context
from apertura.settings import Settings
from apertura.storage import open_bucket
from apertura.quality import validate

settings = Settings.from_env()
ctx = Context(
    Project(settings.home).dataset("prueba/cosas"), "run-1", settings,
    open_bucket(settings.private_url), open_bucket(settings.public_url),
)
print(validate(ctx).outcome, file=sys.stderr)
print(json.dumps(seen))
"""


def test_validating_asks_no_network_and_writes_its_document_only(
    tmp_path: Path, start: Callable[..., Context]
) -> None:
    suite = [one("column_values_to_be_in_set", "warning", column="x", value_set=["b"])]
    ctx = start(contract(resource("cosas", field("x"))), "SELECT 'a' AS x", suite=suite)
    folder = tmp_path / "apart"
    folder.mkdir()
    result = run(
        WATCHED,
        folder=folder,
        APERTURA_HOME=str(ctx.settings.home),
        APERTURA_PRIVATE=ctx.settings.private_url,
        APERTURA_PUBLIC=ctx.settings.public_url,
        APERTURA_SCRATCH=str(folder / "scratch"),
        GX_ANALYTICS_ENABLED="true",
    )
    # Nothing but our line on the screen: no progress bars, no telemetry notice, no complaint at the end.
    assert result.stderr == "done\n"
    private = ctx.settings.private_url.removeprefix("file://")
    ours = (private, f"os.mkdir {private}", f"os.mkdir {folder}/scratch", str(folder / "scratch"))
    strange = [event for event in json.loads(result.stdout) if not event.startswith(ours)]
    assert strange == []
    assert sorted(path.name for path in folder.iterdir()) == ["scratch"]
    assert list((folder / "scratch").iterdir()) == []
