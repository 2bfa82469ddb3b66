"""Points for what the DCAT says and for files that are there, stars, and what would raise both."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from catalogue_scene import World

from apertura.catalogue import Catalogue, Entry
from apertura.catalogue.assess import MAXIMUM, assess
from apertura.catalogue.terms import Terms

Changed = Callable[[Entry], Entry]


def with_files(entry: Entry, **change: Any) -> Entry:
    """The entry with its first file changed."""
    first, *others = entry.tables
    file, *rest = first.files
    table = dataclasses.replace(first, files=(dataclasses.replace(file, **change), *rest))
    return dataclasses.replace(entry, tables=(table, *others))


def with_own(entry: Entry, **change: Any) -> Entry:
    """The entry with other words of ours in its package; None takes one away."""
    own = {name: value for name, value in {**entry.own, **change}.items() if value is not None}
    return dataclasses.replace(entry, package={**entry.package, "apertura": own})


def without(entry: Entry, name: str) -> Entry:
    """The entry whose package says nothing under a name."""
    return dataclasses.replace(entry, package={k: v for k, v in entry.package.items() if k != name})


def test_a_stated_licence_and_everything_else_is_excellent(world: World) -> None:
    result = assess(world.cosas, world.catalogue)
    assert (result.points, result.rating, result.stars) == (405, "Excelente", 4)
    assert [points for _, points in result.raises] == [0]
    assert result.raises[0][0].startswith("Quinta estrella")


def test_the_weights_are_those_of_the_european_assessment(world: World) -> None:
    result = assess(world.cosas, world.catalogue)
    weights = {
        one.name: {criterion.name: criterion.maximum for criterion in one.criteria}
        for one in result.dimensions
    }
    assert weights == {
        "findability": {"keyword": 30, "theme": 30, "spatial": 20, "temporal": 20},
        "accessibility": {"access-url": 50, "download-url": 20, "download-url-status": 30},
        "interoperability": {
            "format": 20, "media-type": 10, "vocabulary": 10, "non-proprietary": 20, "machine-readable": 20,
            "dcat-ap": 30,
        },
        "reusability": {
            "licence": 20, "licence-vocabulary": 10, "access-rights": 10, "access-rights-vocabulary": 5,
            "contact": 20, "publisher": 10,
        },
        "contextuality": {"rights": 5, "byte-size": 5, "issued": 5, "modified": 5},
    }  # fmt: skip
    assert sum(one.maximum for one in result.dimensions) == MAXIMUM == 405


def test_an_undeclared_licence_costs_its_points_and_every_star(world: World) -> None:
    result = assess(world.hostil, world.catalogue)
    assert (result.points, result.rating, result.stars) == (375, "Excelente", 0)
    assert [points for _, points in result.raises] == [20, 10, 0]
    assert "licencia" in result.raises[0][0]


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (lambda entry: with_files(entry, present=False), 80),
        (lambda entry: with_own(entry, temporal="nadie sabe"), 20),
        (lambda entry: with_own(entry, theme=None), 30),
        (lambda entry: without(entry, "keywords"), 30),
        (lambda entry: without(entry, "licenses"), 10),  # a licence in words, of no list
        (lambda entry: with_own(entry, licencia="sin licencia declarada"), 30),
    ],
    ids=["a file that is gone", "period", "theme", "keywords", "licence of no list", "no licence"],
)
def test_what_is_missing_costs_exactly_its_points(world: World, change: Changed, lost: int) -> None:
    result = assess(change(world.cosas), world.catalogue)
    assert MAXIMUM - result.points == lost
    assert sum(points for _, points in result.raises) == lost


def test_a_file_that_was_lost_is_seen_in_the_bucket(world: World) -> None:
    path = world.scene.public / world.hostil.tables[1].files[0].key
    kept = path.read_bytes()
    path.unlink()
    try:
        catalogue = world.scene.catalogue(world.base)
        entry = catalogue.entry("prueba/hostil")
        assert entry.state != world.hostil.state
        result = assess(entry, catalogue)
        assert result.points == 375 - 80
        assert result.rating == "Bueno"
    finally:
        path.write_bytes(kept)


def test_a_table_without_a_key_costs_the_fourth_star(world: World) -> None:
    (table,) = world.cosas.tables
    schema = {name: value for name, value in (table.schema or {}).items() if name != "primaryKey"}
    entry = dataclasses.replace(world.cosas, tables=(dataclasses.replace(table, schema=schema),))
    result = assess(entry, world.catalogue)
    assert (result.stars, result.points) == (3, 405)
    (only,) = result.raises
    assert only[0].startswith("Cuarta estrella") and only[1] == 0


def test_of_what_is_withdrawn_nothing_is_assessed(world: World) -> None:
    result = assess(world.retirado, world.catalogue)
    assert (result.stars, result.points, result.rating, result.dimensions) == (0, 0, "Retirado", ())


def test_without_the_vocabularies_nothing_is_assessed_at_all(world: World) -> None:
    bare = Catalogue(world.base, world.catalogue.entries, world.catalogue.publishers, Terms())
    with pytest.raises(Exception, match="eu-vocabularies"):
        assess(world.cosas, bare)
