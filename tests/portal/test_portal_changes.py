"""What changed between versions: by key where there is one; of protected datasets only rounded totals."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from matter_scene import ID, LATER, VERSION, bucket, entry, field, release, table, with_versions

from apertura.catalogue.model import Entry
from apertura.errors import StorageError
from apertura.portal.changes import Change, changes
from apertura.storage import Bucket

Fields = list[dict[str, Any]]
Rows = list[tuple[Any, ...]]
KEYED = [field("codigo"), field("n", "integer")]


def two(public: Bucket, old: Rows, new: Rows, fields: Fields = KEYED, **more: Any) -> Entry:
    """A dataset whose second version holds `new` where the first held `old`."""
    was_fields, now_fields = more.pop("was", fields), fields
    key, protected = more.pop("key", ["codigo"]), more.pop("protected", False)
    first = table(public, was_fields, old, key=key, version=VERSION)
    second = table(public, now_fields, new, key=key, version=LATER)
    versions = (
        release(public, LATER, second, number=2, protected=protected),
        release(public, VERSION, first, protected=more.pop("was_protected", protected)),
    )
    return with_versions(entry(second), *versions)


def newest(public: Bucket, one: Entry) -> Change:
    return changes(public, one)[0]


def test_rows_are_compared_by_their_key(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    one = two(
        public, [("a", 1), ("b", 2), ("c", None)], [("a", 1), ("b", 3), ("c", None), ("d", 4), ("e", 5)]
    )

    (told,) = newest(public, one).tables

    assert (told.how, told.added, told.removed, told.changed) == ("clave", 2, 0, 1)
    assert told.text == "Tabla cosas: 2 filas nuevas y 1 fila cambiada; en total, 5."


def test_a_value_that_became_known_is_a_change(tmp_path: Path) -> None:
    public = bucket(tmp_path)

    (told,) = newest(public, two(public, [("a", None)], [("a", 1)])).tables

    assert (told.added, told.removed, told.changed) == (0, 0, 1)


@pytest.mark.parametrize("key", [None, ["codigo"]])
def test_without_a_good_key_rows_are_compared_by_content(tmp_path: Path, key: list[str] | None) -> None:
    public = bucket(tmp_path)
    one = two(public, [("a", 1), ("a", 1), (None, 2)], [("a", 1), (None, 2), (None, 2), ("b", 3)], key=key)

    (told,) = newest(public, one).tables

    assert (told.how, told.added, told.removed, told.changed) == ("contenido", 2, 1, None)
    assert told.text == "Tabla cosas: 2 filas nuevas y 1 fila menos; en total, 4."


def test_columns_that_came_went_or_changed_type(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    was = [field("codigo"), field("n", "integer"), field("vieja")]
    now = [field("codigo"), field("n"), field("nueva")]

    (told,) = newest(public, two(public, [("a", 1, "x")], [("a", "1", "y")], now, was=was)).tables

    assert told.columns_added == ("nueva",)
    assert told.columns_removed == ("vieja",)
    assert told.columns_retyped == (("n", "integer", "string"),)
    assert "La columna n pasó de número entero a texto." in told.text
    assert (told.added, told.removed, told.changed) == (0, 0, 0)


def test_equal_versions_have_the_same_rows(tmp_path: Path) -> None:
    public = bucket(tmp_path)

    assert newest(public, two(public, [("a", 1)], [("a", 1)])).text == ("Tabla cosas: las mismas filas.",)


def test_the_first_version_is_the_first(tmp_path: Path) -> None:
    public = bucket(tmp_path)

    first = changes(public, two(public, [("a", 1)], [("a", 1)]))[-1]

    assert first.previous is None
    assert first.text == ("Primera versión publicada, con 1 fila.",)


@pytest.mark.parametrize("which", ["both", "old only", "unreadable", "today's entry"])
def test_of_a_protected_dataset_only_rounded_totals_are_told(tmp_path: Path, which: str) -> None:
    public = bucket(tmp_path)
    old, new = [(f"{n}", n) for n in range(1003)], [(f"{n}", n) for n in range(1, 1022)]
    one = two(public, old, new, protected=which == "both", was_protected=which in ("both", "old only"))
    if which == "unreadable":
        public.put(f"datos/{ID}/versiones/{VERSION}/privacidad.json", b"{")
    if which == "today's entry":
        one = dataclasses.replace(one, privacy={"proteccion": {"tablas": []}})

    change = newest(public, one)

    (told,) = change.tables
    assert change.protected
    assert (told.before, told.after, told.how) == (1005, 1020, "totales")
    assert (told.added, told.removed, told.changed, told.key) == (None, None, None, ())
    assert told.text == "Tabla cosas: unas 1,020 filas; antes, unas 1,005."
    assert "1,021" not in repr(changes(public, one))


def test_few_rows_of_a_protected_dataset_are_never_none(tmp_path: Path) -> None:
    public = bucket(tmp_path)

    told = changes(public, two(public, [("a", 1)], [("a", 1), ("b", 2)], protected=True, was_protected=True))

    assert [change.text for change in told] == [
        ("Tabla cosas: menos de 5 filas, como antes.",),
        ("Primera versión publicada, con menos de 5 filas.",),
    ]


def test_a_withdrawn_version_is_not_compared(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    one = two(public, [("a", 1)], [("a", 2)])
    middle = dataclasses.replace(one.versions[1], version="20260201T000000Z-cccccccc", withdrawn=True)
    one = with_versions(one, one.versions[0], middle, one.versions[1])

    told = changes(public, one)

    assert [(change.version, change.previous) for change in told] == [(LATER, VERSION), (VERSION, None)]


def test_tables_that_came_and_went(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    first = table(public, KEYED, [("a", 1)], name="vieja", version=VERSION)
    second = table(public, KEYED, [("a", 1)], name="nueva", version=LATER)
    versions = (release(public, LATER, second, number=2), release(public, VERSION, first))

    told = newest(public, with_versions(entry(second), *versions))

    assert told.text == ("Tabla nueva: tabla nueva, con 1 fila.", "Tabla vieja: esta tabla ya no se publica.")


def test_a_version_that_lost_its_file_is_an_error(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    one = two(public, [("a", 1)], [("a", 2)])
    public.delete(f"datos/{ID}/versiones/{VERSION}/cosas.parquet")

    with pytest.raises(StorageError, match="gone"):
        changes(public, one)


_ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, 2])), max_size=8)


@trying(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=_ROWS, new=_ROWS)
def test_what_is_added_and_removed_leads_from_one_to_the_other(tmp_path: Path, old: Rows, new: Rows) -> None:
    public = bucket(tmp_path)

    (told,) = newest(public, two(public, old, new, key=None)).tables

    assert told.added is not None
    assert told.removed is not None
    assert len(old) + told.added - told.removed == len(new)
    assert told.added == sum(max(0, new.count(row) - old.count(row)) for row in set(new))
