"""Fake people planted in every extract reach nothing that leaves the private bucket's own extracts."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_scene import MINEDUC, OJ, SAT, Scene, scene

from apertura.settings import Settings
from apertura_demo.canary import default_canaries
from apertura_demo.scan import scan

CANARIES = default_canaries()


def leaks(world: Scene, more: list[Path]) -> list[str]:
    """Findings in the public bucket, in run records, GX results, work files after deidentify, and `more`."""
    public = Path(world.settings.public_url.removeprefix("file://"))
    private = Path(world.settings.private_url.removeprefix("file://"))
    kept = ("runs", "partitions", "leases", "portal")
    places = [public, *(private / name for name in kept), *more]
    # The deidentified table still holds what the next stage generalises; what follows it must be clean.
    for stage in ("clean", "protect", "validate", "publish"):
        places += sorted((private / "work").rglob(f"{stage}*"))
    return [str(finding) for finding in scan([place for place in places if place.exists()], CANARIES)]


@pytest.mark.slow
def test_good_and_failing_runs_tell_nobody(tmp_path: Path, settings: Settings) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    with scene(tmp_path, settings, CANARIES) as world:
        planted = [str(found) for found in scan([world.folder], CANARIES)]
        assert len(planted) > 30, "the canaries are in the extracts"
        for dataset in (SAT, MINEDUC, OJ):
            done = world.command("run", dataset)
            (logs / f"{dataset.replace('/', '-')}.txt").write_text(done.stdout + done.stderr)
            assert done.returncode == 0, done.stdout + done.stderr
        site = Path(world.settings.public_url.removeprefix("file://"))
        # The command built the portal: pages, charts, previews and the search index are searched, too.
        assert (site / "conjuntos" / OJ / "index.html").is_file()
        assert list((site / "buscar").rglob("*.pf_fragment"))
        assert leaks(world, [logs]) == []

        spoil(world)
        for dataset in (SAT, MINEDUC, OJ):
            done = world.command("run", dataset)
            (logs / f"{dataset.replace('/', '-')}-bad.txt").write_text(done.stdout + done.stderr)
            assert done.returncode in (1, 2), done.stdout + done.stderr
        assert leaks(world, [logs]) == []


def spoil(world: Scene) -> None:
    """Each source breaks in a way whose raw error would quote a person."""
    person = CANARIES.of("director").person
    lines = world.extract.read_bytes().decode("latin-1").splitlines(keepends=True)
    # Without a header the first row is taken for it, and a person may stand in it.
    lines[0] = f"{person.given}|{person.surname}|{person.cui}" + "|x" * 15 + "\n"
    world.extract.write_bytes("".join(lines).encode("latin-1", "replace"))
    page = world.folder / "mineduc" / "ZACAPA.xls"
    cell = f"<td>{person.given} {person.surname}</td>".encode("latin-1", "replace")
    page.write_bytes(page.read_bytes().replace(b"<td>ZACAPA</td>", cell, 1))
    (world.settings.home / "sql/extract/oj/sentencias.sql").write_text(
        f"SELECT '{person.cui}' AS \"{person.surname}\" FROM casos WHERE :desde = :desde ORDER BY 1"
    )


def test_scratch_is_left_empty_and_private_to_us(tmp_path: Path, settings: Settings) -> None:
    with scene(tmp_path, settings, CANARIES) as world:
        world.run(MINEDUC)
        assert list(settings.scratch.iterdir()) == []
        private = Path(settings.private_url.removeprefix("file://"))
        assert private.stat().st_mode & 0o077 == 0
