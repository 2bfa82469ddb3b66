"""Two datasets of one institution that tell of the same people."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from attacks_scene import contract, dataset_of, field
from versions_scene import BANDS, OLD, PEOPLE, Rows, manifest, persons

from apertura.publish.history import version_folder
from apertura.runs.context import Context


@pytest.fixture
def neighbourhood(make_context: Callable[..., Context], tmp_path: Path) -> Callable[[Rows], Context]:
    """A project with two datasets of INE that tell of the same people's ages; the other one is published."""

    def build(there: Rows) -> Context:
        links = [{"about": "edad", "columns": {"personas": "edad", "hechos": "zona"}}]
        mine, theirs = (
            contract(
                {
                    "personas": [field("edad", type="integer", hierarchy=BANDS, **PEOPLE)],
                    "hechos": [field("zona")],
                },
                {
                    "tables": [
                        {"kind": "microdata", "resource": "personas", "quasi_identifiers": ["edad"], "k": 5}
                    ],
                    "links": links,
                },
                name="personas",
            )
            for _ in range(2)
        )
        ctx = make_context(dataset_of(mine))
        other = theirs.model_copy(update={"name": "otra"})
        home = tmp_path / "home"
        (home / "include/datasets/ine").mkdir(parents=True)
        (home / "include/institutions").symlink_to(ctx.settings.home / "include/institutions")
        document = other.model_dump(mode="json", by_alias=True, exclude_unset=True) | {"name": "otra"}
        document["resources"][0]["name"] = "otra"
        document["privacy"]["tables"][0]["resource"] = "otra"
        document["privacy"]["links"][0]["columns"] = {"otra": "edad", "hechos": "zona"}
        document["institution"] = "sat"
        (home / "include/datasets/sat").mkdir()
        (home / "include/datasets/sat/otra.yaml").write_text(json.dumps(document))
        here = mine.model_copy(update={"institution": "sat"})
        folder = version_folder("sat/otra", OLD)
        path = tmp_path / "otra.parquet"
        pq.write_table(persons(there), path)
        ctx.public.put(f"{folder}/otra.parquet", path.read_bytes())
        ctx.public.put(f"{folder}/release.json", manifest(OLD, {"otra": len(there)}))
        dataset = dataset_of(here)
        return replace(ctx, dataset=dataset, settings=replace(ctx.settings, home=home))

    return build
