"""Counts by column and kind, whatever the number of distinct values; never a value."""

from __future__ import annotations

import random

import duckdb
import pytest
from detect_scene import found

from apertura.detect import KINDS, Column, Count, count_kinds
from apertura.detect import count as module
from apertura.errors import EngineError
from apertura_demo.people import make_cui, make_nit


def test_each_column_and_kind_is_answered_in_order(connection: duckdb.DuckDBPyConnection) -> None:
    relation = "(VALUES ('a@b.gt', 'x'), (NULL, '5512-3456'), ('a@b.gt', NULL)) AS t(uno, dos)"
    counts = count_kinds(connection, relation, [Column("dos"), Column("uno")], ["email", "phone"])
    assert counts == [
        Count("dos", "email", 2, 0),
        Count("dos", "phone", 2, 1),
        Count("uno", "email", 2, 2),
        Count("uno", "phone", 2, 0),
    ]


def test_nothing_asked_is_nothing_answered(connection: duckdb.DuckDBPyConnection) -> None:
    assert count_kinds(connection, "(VALUES (1)) AS t(x)", []) == []
    assert count_kinds(connection, "(VALUES (1)) AS t(x)", [Column("x")], []) == []


def test_an_empty_table_has_no_hits(connection: duckdb.DuckDBPyConnection) -> None:
    counts = count_kinds(connection, "(SELECT 'a' AS x WHERE false)", [Column("x")])
    assert {(one.rows, one.hits) for one in counts} == {(0, 0)}
    assert [one.kind for one in counts] == list(KINDS)


def test_whole_numbers_are_looked_at_as_text(connection: duckdb.DuckDBPyConnection) -> None:
    assert count_kinds(connection, "(VALUES (1000000020101)) AS t(x)", [Column("x")], ["cui"])[0].hits == 1


def test_grouping_first_changes_no_count(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(4)
    values = [rng.choice(["Ana López", make_cui(rng), "a@b.gt", "nada", None]) for _ in range(500)]
    grouped = found(connection, values)
    monkeypatch.setattr(module, "FEW", 0)
    assert found(connection, values) == grouped
    assert grouped["cui"] and grouped["name"] and grouped["email"]


@pytest.mark.parametrize("kind", ["", "dpi", "CUI"])
def test_an_unknown_kind_is_refused(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    with pytest.raises(EngineError, match="no such kind"):
        count_kinds(connection, "(VALUES ('x')) AS t(x)", [Column("x")], [kind])


def test_an_error_quotes_no_value(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(EngineError) as caught:
        count_kinds(connection, "(VALUES ('secreto')) AS t(x)", [Column("otra")])
    assert "secreto" not in str(caught.value)


def test_bare_numbers_are_nits_only_in_company(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(7)
    codes = [str(rng.randint(10_000_000, 99_999_999)) for _ in range(3000)]
    assert "nit" not in found(connection, codes, "codigo"), "one in eleven passes by chance"
    nits = [nit for _ in range(300) if (nit := make_nit(rng)).isdigit()]
    assert found(connection, nits, "codigo")["nit"] == len(nits), "all pass: that is no chance"
    assert found(connection, ["12345679", "12345678"], "NIT del proveedor")["nit"] == 1
    assert "nit" not in found(connection, ["12345679", "12345678"], "unitario")
    assert found(connection, ["NIT 12345679"])["nit"] == 1


def test_a_sample_decides_the_same_and_counts_all(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(9)
    nits = [nit for _ in range(3000) if (nit := make_nit(rng)).isdigit()]
    codes = [str(rng.randint(10_000_000, 99_999_999)) for _ in range(3000)]
    monkeypatch.setattr(module, "SMALL", 0)
    monkeypatch.setattr(module, "SAMPLED_FROM", 0)
    assert found(connection, nits, "codigo")["nit"] == len(nits)
    assert "nit" not in found(connection, codes, "codigo")
