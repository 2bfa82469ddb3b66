"""A withdrawal cannot be undone: neither by a cleared task of the old run nor by a whole run of its own."""

from __future__ import annotations

import pytest
from pipeline_scene import OJ, SAT, Scene

from apertura import pipeline
from apertura.errors import ReleaseRefusedError
from apertura.publish import withdraw
from apertura.storage import open_bucket

REASON = "La publicación incluía un mes que la institución todavía revisaba."


@pytest.mark.parametrize("dataset", [SAT, pytest.param(OJ, marks=pytest.mark.slow)])
def test_old_task_and_new_run_stay_refused(world: Scene, dataset: str) -> None:
    version = world.run(dataset).version
    told = {stat.key for stat in open_bucket(world.settings.private_url).list(f"disclosure/{dataset}/")}
    done = withdraw(world.settings, dataset, REASON, by="prueba")
    assert done.versions == (version,)
    left = world.published()
    home = f"datos/{dataset}"
    assert set(left) == {f"{home}/versiones.json", f"{home}/versiones/{version}/retirada.json"}

    old = world.context(dataset, "run-1")
    with pytest.raises(ReleaseRefusedError, match=str(version)):
        pipeline.run_stage(old, "publish")
    for run_id in ("run-1", "run-2"):  # everything cleared, and a run that starts anew
        with pytest.raises(ReleaseRefusedError, match=str(version)):
            world.run(dataset, run_id, force=True)
    assert world.published() == left
    # Withdrawn is not untold: what the version said of people is still held against later ones.
    still = {stat.key for stat in open_bucket(world.settings.private_url).list(f"disclosure/{dataset}/")}
    assert still == told
    assert bool(told) == (dataset == OJ)
