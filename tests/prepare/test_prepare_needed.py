"""A stage makes known what its dataset can come to use: neither a word too few, nor all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from prepare_scene import column, dataset, transient

from apertura.contract import Dataset, Project
from apertura.prepare.needed import detectors, needed, needed_lists
from apertura.prepare.vocabulary import Macro, define_detectors, load, read_vocabulary
from apertura.settings import Settings

HOME = Path(__file__).resolve().parents[2]
VOCABULARY = read_vocabulary(sorted((HOME / "sql" / "clean").glob("*.sql")))
USED = {
    name: {other for other in VOCABULARY if other != name and f"{other}(" in macro.sql}
    for name, macro in VOCABULARY.items()
}


def made(one: Dataset) -> list[str]:
    return [macro.name for macro in needed(one, VOCABULARY, USED)]


def with_field(settings: Settings, **more: Any) -> Dataset:
    return dataset(settings.home, [transient("de"), column("a", **more)])


def test_a_word_that_the_contract_names_is_made_with_what_it_uses(settings: Settings) -> None:
    place = {"macro": "municipality_code", "of": ["de", "de"], "strict": True}
    without, names = made(with_field(settings)), made(with_field(settings, derive=place))
    assert "municipality_code" not in without
    assert set(names) >= {"municipality_code", *USED["municipality_code"]}
    assert len(without) < len(names) < len(VOCABULARY) / 2
    # Each after those it uses: DuckDB refuses a macro that names one it does not know.
    assert all(names.index(name) > names.index(other) for name in names for other in USED[name])


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ({"type": "date", "format": "dmy"}, "date_dmy"),
        ({"missing": ["weather"]}, "missing_weather"),
        ({"type": "number", "format": "gtq"}, "number_gtq"),
    ],
)
def test_words_called_by_their_last_part_are_found(
    settings: Settings, field: dict[str, Any], word: str
) -> None:
    assert word in made(with_field(settings, **field))
    assert word not in made(with_field(settings))


def test_a_type_s_usual_format_is_there_though_nobody_names_it(settings: Settings) -> None:
    assert {"date_iso", "boolean_sino"} <= set(made(with_field(settings)))


def test_detectors_are_all_there_for_the_gate_and_only_then(settings: Settings) -> None:
    one = with_field(settings)
    every = {name for name in VOCABULARY if name.startswith("holds_")}
    assert {macro.name for macro in detectors(VOCABULARY, USED, one)} >= every
    assert not every <= set(made(one))
    with duckdb.connect() as connection:
        load(connection, one, whole=False)
        with pytest.raises(duckdb.CatalogException):
            connection.execute("SELECT holds_plate('P123BCD')")
        define_detectors(connection, one)
        for name in sorted(every):
            if VOCABULARY[name].sql.partition("(")[2].partition(")")[0].count(",") == 0:
                connection.execute(f"SELECT {name}('P123BCD')").fetchall()


def test_only_named_lists_are_read(settings: Settings) -> None:
    labelled = {"macro": "code_label_any", "of": ["de"], "with": ["sac-2022"], "strict": True}
    one = with_field(settings, derive=labelled)
    macros: list[Macro] = needed(one, VOCABULARY, USED)
    assert "sac-2022" in {path.stem for path in needed_lists(one, macros)}
    bare = with_field(settings)
    assert "sac-2022" not in {path.stem for path in needed_lists(bare, needed(bare, VOCABULARY, USED))}


@pytest.mark.parametrize("name", Project(HOME).dataset_ids())
def test_what_is_made_for_each_dataset_of_the_project_can_be_made(name: str) -> None:
    with duckdb.connect() as connection:
        assert load(connection, Project(HOME).dataset(name), whole=False).keys() == VOCABULARY.keys()
