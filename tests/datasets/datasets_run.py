"""The whole pipeline over given files, in a state of its own, under a copy of the project's declarations."""

from __future__ import annotations

import base64
import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

from apertura import pipeline
from apertura.runs.context import StageResult
from apertura.settings import Settings
from apertura.sources.endpoint import Endpoint

HOME = Path(__file__).resolve().parents[2]
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class State:
    """Buckets and a project in a folder."""

    folder: Path
    dataset: str

    @property
    def settings(self) -> Settings:
        key = self.folder / "master.key"
        if not key.exists():
            key.write_text(base64.b64encode(b"a key for tests, thirty-two byte").decode())
            key.chmod(0o600)
        return Settings(
            home=self._home(),
            private_url=(self.folder / "private").as_uri(),
            public_url=(self.folder / "public").as_uri(),
            key_file=key,
            scratch=self.folder / "scratch",
            memory_limit="400MB",
            threads=2,
            lease_seconds=900,
            inbox_settle_seconds=0,
        )

    def _home(self) -> Path:
        """A copy: a run never sees what is being edited meanwhile."""
        home = self.folder / "home"
        institution = self.dataset.split("/")[0]
        if not home.exists():
            for part in (f"include/datasets/{institution}", "include/institutions", "include/reference"):
                shutil.copytree(HOME / part, home / part)
            for part in ("sql", "expectations"):
                shutil.copytree(HOME / part, home / part)
        return home

    def run(
        self,
        *files: Path,
        run_id: str = "run-1",
        endpoint: Endpoint | None = None,
        partitions: list[str] | None = None,
    ) -> StageResult:
        """All stages; from the files, or from the source when none is given."""
        ctx = pipeline.context(self.dataset, run_id, settings=self.settings)
        return pipeline.run(ctx, endpoint, files=list(files) or None, partitions=partitions)

    def published(self, name: str) -> Path:
        """A file of the latest release."""
        return self.folder / "public" / "datos" / self.dataset / "latest" / name

    def rows(self, resource: str) -> Rows:
        """A resource's published rows, as its CSV has them."""
        with self.published(f"{resource}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
