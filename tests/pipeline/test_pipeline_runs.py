"""From source to release and again: what makes a new version, what does not, and what is refused."""

from __future__ import annotations

import csv
import json

import pytest
from pipeline_scene import MINEDUC, MONTH, OJ, SAT, Scene

from apertura import pipeline
from apertura.errors import FingerprintError, QualityError, ReleaseRefusedError
from apertura.runs import records
from apertura.runs.context import STAGES


def test_three_institutions_end_to_end(world: Scene) -> None:
    for dataset in (SAT, MINEDUC, OJ):
        assert world.run(dataset).outcome == "done"
        name = dataset.split("/")[1]
        with world.file(dataset, f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == world.latest(dataset)["rows"][name] > 50
        assert json.loads(world.file(dataset, f"{name}.json").read_bytes())[0].keys() == rows[0].keys()


def test_second_run_is_unchanged_and_touches_nothing(world: Scene) -> None:
    world.run(SAT)
    before = world.published()
    times = {path: path.stat().st_mtime_ns for path in world.file(SAT, "x").parents[1].rglob("*")}
    result = world.run(SAT, "run-2")
    assert result.outcome == "unchanged"
    assert world.published() == before
    assert times == {path: path.stat().st_mtime_ns for path in world.file(SAT, "x").parents[1].rglob("*")}


@pytest.mark.slow
def test_one_changed_value_makes_one_version_of_one_dataset(world: Scene) -> None:
    for dataset in (SAT, MINEDUC):
        world.run(dataset)
    before = world.published()
    data = world.extract.read_bytes()
    first = data.split(b"\n")[1].split(b"|")[5]
    world.extract.write_bytes(data.replace(b"|" + first + b"|", b"|MARCA NUEVA|", 1))
    assert world.run(SAT, "run-2").outcome == "done"
    assert world.run(MINEDUC, "run-2").outcome == "unchanged"
    after = world.published()
    assert {name: sha for name, sha in after.items() if f"datos/{SAT}" not in name} == {
        name: sha for name, sha in before.items() if f"datos/{SAT}" not in name
    }
    assert all(after[name] == sha for name, sha in before.items() if "/versiones/" in name)
    assert (
        len(json.loads(world.file(SAT, "x").parents[1].joinpath("versiones.json").read_text())["versions"])
        == 2
    )


def test_mended_contract_makes_a_release_although_the_source_answers_304(world: Scene) -> None:
    world.edit(SAT, "minimum: 1900, maximum: 2100", "minimum: 1900, maximum: 1950")
    with pytest.raises(QualityError) as caught:
        world.run(SAT)
    assert "modelo" in caught.value.message
    assert world.published() == {}
    world.edit(SAT, "minimum: 1900, maximum: 1950", "minimum: 1900, maximum: 2100")
    assert world.run(SAT, "run-2").outcome == "done"
    ctx = world.context(SAT)
    record = records.load(ctx.private, SAT, "run-2")
    assert record is not None
    assert record["stages"]["extract"][MONTH]["counts"]["not_modified"] == 1


@pytest.mark.slow
def test_changed_treatment_on_the_same_extract_makes_a_version(world: Scene) -> None:
    first = world.run(MINEDUC)
    world.edit(MINEDUC, "admit: landlines", "# admit: landlines")
    world.edit(
        MINEDUC,
        "        treatment: keep\n        legal_basis:\n          basis: oficio-art10-2\n"
        "          reason: Teléfono oficial de la entidad; solo líneas fijas.",
        "        treatment: drop",
    )
    world.edit(MINEDUC, "schemaVersion: 1", "schemaVersion: 2")
    (world.settings.home / "expectations" / f"{MINEDUC}.json").unlink()  # it names the column
    second = world.run(MINEDUC, "run-2")
    assert (second.outcome, second.version != first.version) == ("done", True)
    with world.file(MINEDUC, "establecimientos-diversificado.csv").open(encoding="utf-8-sig") as file:
        assert "telefono" not in file.readline()


@pytest.mark.slow
def test_removed_column_without_a_new_schema_version_is_refused(world: Scene) -> None:
    world.run(SAT)
    before = world.published()
    world.edit(
        SAT,
        "        description: Capacidad de carga.\n        unit: t\n        type: number\n"
        "        decimal: {precision: 12, scale: 4}\n        constraints: {minimum: 0}\n"
        "        access: publica\n        personal: none\n        treatment: keep",
        "        description: Capacidad de carga.\n        access: publica\n        personal: none\n"
        "        treatment: drop",
    )
    suite = world.settings.home / "expectations" / f"{SAT}.json"
    suite.unlink()
    with pytest.raises(ReleaseRefusedError, match="tonelaje"):
        world.run(SAT, "run-2")
    assert world.published() == before


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["clean", "protect", "validate", "publish"])
def test_tightened_treatment_cleared_from_a_later_stage_is_refused(world: Scene, stage: str) -> None:
    ctx = world.context(MINEDUC)
    for done in STAGES[: STAGES.index(stage)]:
        pipeline.run_stage(ctx, done, endpoint=world.endpoint(MINEDUC))
    world.edit(MINEDUC, "missingValues: &missing [", 'missingValues: &missing ["X",')
    with pytest.raises(FingerprintError, match="deidentify") as caught:
        pipeline.run_stage(world.context(MINEDUC), stage)
    assert MINEDUC in caught.value.message
    assert stage in caught.value.message
    assert "apertura run" in str(caught.value)
    assert world.published() == {}


@pytest.mark.slow
def test_old_run_cleared_after_a_newer_release_does_not_move_latest_back(
    world: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APERTURA_NOW", "2026-11-10T00:00:00+00:00")
    old = world.context(SAT, "old")
    for stage in STAGES[:-1]:
        partition = MONTH if stage in ("extract", "deidentify", "clean") else "_"
        pipeline.run_stage(old, stage, partition, endpoint=world.endpoint(SAT), partitions=[MONTH])
    world.extract.write_bytes(world.extract.read_bytes().replace(b"|MOTO|", b"|MOTOS|", 1))
    from apertura.runs import lease

    lease.release(old)
    monkeypatch.setenv("APERTURA_NOW", "2026-11-11T00:00:00+00:00")
    newer = world.run(SAT, "new")
    before = world.published()
    monkeypatch.setenv("APERTURA_NOW", "2026-11-12T00:00:00+00:00")
    result = pipeline.run_stage(world.context(SAT, "old"), "publish")
    assert result.outcome == "superseded"
    assert world.latest(SAT)["version"] == newer.version
    assert world.published() == before


def test_a_broken_partition_contributes_its_last_good_state_and_the_release_says_so(world: Scene) -> None:
    august = world.folder / "sat" / "web_imp_10082026.txt"
    august.write_bytes(world.extract.read_bytes())
    world.run(SAT)
    good = world.extract.read_bytes()
    world.extract.write_bytes(good[: len(good) // 2])
    august.write_bytes(good.replace(b"|MOTO|", b"|MOTOS|", 1))
    with pytest.raises(pipeline.AperturaError) as caught:
        world.run(SAT, "run-2", force=True)
    assert MONTH in caught.value.message
    latest = world.latest(SAT)
    assert latest["number"] == 2
    assert latest["rows"]["importacion-vehiculos"] == 600
    manifest = json.loads(world.file(SAT, "x").parents[1].joinpath(latest["manifest"]).read_text())
    assert manifest["carried"] == [MONTH]


def test_real_counts_of_small_groups_are_not_told(world: Scene) -> None:
    """Whatever a personal dataset's results, records and reports say, no count of 1 to 4 is in it."""
    world.run(OJ)
    record = records.load(world.context(OJ).private, OJ, "run-1")
    assert record is not None
    for parts in record["stages"].values():
        for entry in parts.values():
            small = {
                n: c
                for n, c in entry["counts"].items()
                if 0 < c < 5
                and n
                not in (
                    "files",
                    "partitions",
                    "failed_warning",
                    "failed_info",
                    "not_modified",
                    "expectations",
                )
            }
            assert small == {}
