"""A dataset of the project run over given files, in buckets of its own; its tables as lists of rows."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from apertura import pipeline
from apertura.runs import records
from apertura.runs.context import STAGES, WHOLE, Context
from apertura.runs.work import get_document, work_key
from apertura.settings import Settings

HOME = Path(__file__).resolve().parents[2]
Row = dict[str, Any]


@dataclass(frozen=True)
class Ran:
    """A run that has gone through its stages."""

    ctx: Context

    def rows(self, resource: str) -> list[Row]:
        """What protect left of a resource, as it will be published: values typed, in the published order."""
        found = next(one for one in self.ctx.dataset.contract.resources if one.name == resource)
        key = work_key(self.ctx, "protect", WHOLE, found)
        with self.ctx.private.as_file(key) as path, duckdb.connect() as connection:
            result = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def document(self, stage: str) -> Row:
        """The private document of a stage."""
        return get_document(self.ctx, stage, WHOLE)

    def warnings(self) -> list[str]:
        """The notes of validate on what was not met: severity, place, kind and how many rows."""
        record = records.load(self.ctx.private, self.ctx.dataset.id, self.ctx.run_id)
        return list(record["stages"]["validate"][WHOLE]["notes"]) if record else []

    def csv(self, resource: str) -> list[str]:
        """The published CSV file, line by line."""
        root = Path(self.ctx.settings.public_url.removeprefix("file://"))
        path = root / "datos" / self.ctx.dataset.id / "latest" / f"{resource}.csv"
        return path.read_text(encoding="utf-8-sig").splitlines()


def settings_in(folder: Path) -> Settings:
    """Settings whose folders lie in `folder`, over a copy of the project's declarations."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "master.key"
    key.write_text(base64.b64encode(b"a key for tests, thirty-two byte").decode())
    key.chmod(0o600)
    home = folder / "home"
    for part in ("include/datasets", "include/institutions", "include/reference", "sql", "expectations"):
        shutil.copytree(HOME / part, home / part)
    return Settings(
        home=home,
        private_url=(folder / "private").as_uri(),
        public_url=(folder / "public").as_uri(),
        key_file=key,
        scratch=folder / "scratch",
        memory_limit="400MB",
        threads=2,
        lease_seconds=900,
        inbox_settle_seconds=0,
    )


def through(folder: Path, dataset: str, files: Sequence[Path], *, last: str = "publish") -> Ran:
    """Take the files through the stages, the last one included."""
    ctx = pipeline.context(dataset, "run-1", settings=settings_in(folder))
    for stage in STAGES[: STAGES.index(last) + 1]:
        pipeline.run_stage(ctx, stage, files=list(files) if stage == "extract" else None)
    return Ran(ctx)
