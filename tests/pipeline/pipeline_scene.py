"""A whole small world for one test: institutions that answer, a project of its own, two buckets."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apertura import pipeline
from apertura.contract import Project
from apertura.runs.context import Context, StageResult
from apertura.settings import Settings
from apertura.sources.endpoint import Endpoint
from apertura_demo import mineduc, oj, sat
from apertura_demo.canary import Canaries
from apertura_demo.server import InstitutionServer, canary_headers, make_server

HOME = Path(__file__).resolve().parents[2]
SAT = "sat/importacion-vehiculos"
MINEDUC = "mineduc/establecimientos-diversificado"
OJ = "oj/sentencias"
MONTH = "2026-09"
ENDED = "2026-11-20T12:00:00+00:00"


@dataclass
class Scene:
    """Settings, the institutions' folder and the server over it."""

    settings: Settings
    folder: Path
    server: InstitutionServer

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def endpoint(self, dataset_id: str, **changes: Any) -> Endpoint:
        institution = dataset_id.split("/")[0]
        if institution == "oj":
            path = str(self.folder / "oj" / "oj.sqlite")
            return Endpoint.from_parts("sqlite", path, connection_id="oj_db")
        extra = {
            "allow_private": True,
            "retries": 0,
            "max_backoff_seconds": 0,
            "timeout_seconds": 20,
            **changes,
        }
        host = f"http://127.0.0.1:{self.port}/{institution}"
        return Endpoint.from_parts("http", host, extra=extra, connection_id=f"{institution}_http")

    def context(self, dataset_id: str, run_id: str = "run-1") -> Context:
        return pipeline.context(dataset_id, run_id, settings=self.settings)

    def run(self, dataset_id: str, run_id: str = "run-1", **arguments: Any) -> StageResult:
        endpoint = arguments.pop("endpoint", None) or self.endpoint(dataset_id)
        return pipeline.run(self.context(dataset_id, run_id), endpoint, **arguments)

    def published(self) -> dict[str, str]:
        """Every object of the public bucket with its SHA-256."""
        root = Path(self.settings.public_url.removeprefix("file://"))
        if not root.exists():
            return {}
        files = (path for path in sorted(root.rglob("*")) if path.is_file())
        named = ((path.relative_to(root).as_posix(), path) for path in files)
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in named
            if not name.startswith(".")
        }

    def latest(self, dataset_id: str) -> dict[str, Any]:
        root = Path(self.settings.public_url.removeprefix("file://"))
        found: dict[str, Any] = json.loads((root / "datos" / dataset_id / "latest.json").read_text("utf-8"))
        return found

    def file(self, dataset_id: str, name: str) -> Path:
        root = Path(self.settings.public_url.removeprefix("file://"))
        return root / "datos" / dataset_id / "latest" / name

    @property
    def extract(self) -> Path:
        """SAT's newest month, as the institution serves it."""
        return self.folder / "sat" / "web_imp_09092026.txt"

    def contract(self, dataset_id: str) -> Path:
        return self.settings.home / "include" / "datasets" / f"{dataset_id}.yaml"

    def edit(self, dataset_id: str, old: str, new: str) -> None:
        path = self.contract(dataset_id)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def environment(self, **extra: str) -> dict[str, str]:
        """For a process of its own: the command line with this scene's settings, source and clock."""
        connections = {}
        for institution in ("sat", "mineduc"):
            connections[f"AIRFLOW_CONN_{institution.upper()}_HTTP"] = json.dumps(
                {
                    "conn_type": "http",
                    "host": f"http://127.0.0.1:{self.port}/{institution}",
                    "extra": {"allow_private": True, "retries": 0},
                }
            )
        connections["AIRFLOW_CONN_OJ_DB"] = json.dumps(
            {"conn_type": "sqlite", "host": str(self.folder / "oj" / "oj.sqlite")}
        )
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("APERTURA_", "AIRFLOW"))
        }
        return {
            **kept,
            **connections,
            "APERTURA_HOME": str(self.settings.home),
            "APERTURA_PUBLIC": self.settings.public_url,
            "APERTURA_PRIVATE": self.settings.private_url,
            "APERTURA_KEY_FILE": str(self.settings.key_file),
            "APERTURA_SCRATCH": str(self.settings.scratch),
            "APERTURA_NOW": ENDED,
            **extra,
        }

    def command(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """`apertura …` in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "apertura.cli", *arguments],
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            check=False,
        )


def copy_project(target: Path) -> Path:
    """The project's declarations, to be changed by a test."""
    for folder in ("include/datasets", "include/institutions", "include/reference", "sql", "expectations"):
        shutil.copytree(HOME / folder, target / folder)
    # Without the list of browser packages: npm is not asked, and there is no SQL page.
    without = shutil.ignore_patterns("package*.json")
    shutil.copytree(HOME / "include/portal", target / "include/portal", ignore=without)
    return target


@contextmanager
def scene(tmp_path: Path, settings: Settings, canaries: Canaries | None = None) -> Iterator[Scene]:
    """Small generated institutions, served until the block ends."""
    folder = tmp_path / "institutions"
    sat.write(folder / "sat", rows=300, canaries=canaries)
    (folder / "sat" / sat.MONTHS[0][0]).unlink()  # one month is enough here
    mineduc.write(folder / "mineduc", count=6, canaries=canaries)
    oj.write(folder / "oj", cases=150, canaries=canaries)
    headers = canary_headers(canaries) if canaries else {}
    server = make_server(folder, extra_headers=headers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    home = copy_project(tmp_path / "home")
    try:
        yield Scene(replace(settings, home=home), folder, server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


__all__ = ["HOME", "MINEDUC", "MONTH", "OJ", "SAT", "Project", "Scene", "scene"]
