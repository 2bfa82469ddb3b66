"""What is left to use is measured: totals, one-way and two-way tables, information lost by each column."""

from __future__ import annotations

from typing import Any

from attacks_scene import connected, contract, counted, field

from apertura.prepare.disclosure import utility

ROWS: dict[str, list[Any]] = {
    "edad": [1, 2, 30, 40] * 25,
    "sexo": (["H"] * 5 + ["M"] * 5) * 10,
    "monto": list(range(100)),
}


def persons() -> Any:
    return contract(
        {
            "personas": [
                field("edad", type="integer", hierarchy=[{"bands": [0, 18]}, {"all": True}]),
                field("sexo"),
                field("monto", type="number"),
            ]
        },
        {
            "tables": [
                {"kind": "microdata", "resource": "personas", "quasi_identifiers": ["edad", "sexo"], "k": 5}
            ]
        },
    ).resources[0]


def test_a_table_as_it_was_has_lost_nothing() -> None:
    with connected({"personas": ROWS}) as connection:
        found = utility.measure(connection, "raw_personas", "raw_personas", persons())
    assert found["rows_kept"] == 1.0
    assert all(column["information_lost"] == 0.0 for column in found["columns"].values())
    assert set(found["one_way"].values()) == {0.0}
    assert found["two_way"] == {"tables": 1, "error": 0.0}
    assert found["totals"] == {"monto": 0.0}


def test_generalising_and_suppressing_are_told_apart() -> None:
    """Half of the men are gone; ages are bands: the men's count is off by half, the bands' by a quarter."""
    with connected({"personas": ROWS}) as connection:
        connection.execute(
            "CREATE TABLE told AS SELECT CASE WHEN edad < 18 THEN '0-17' ELSE '18+' END AS edad, sexo, monto "
            "FROM raw_personas WHERE sexo = 'M' OR monto % 20 >= 10"
        )
        found = utility.measure(connection, "raw_personas", "told", persons())
    assert found["rows_kept"] == 0.75
    assert found["one_way"]["sexo"] == 0.25  # men off by a half, women by nothing
    assert 0.2 <= found["one_way"]["edad"] <= 0.3
    assert 0.4 < found["columns"]["edad"]["information_lost"] < 0.6  # of four ages two bands are left
    assert 0 < found["totals"]["monto"] < 0.5


def test_suppressed_counts_are_told_as_missing_and_lost_in_the_total() -> None:
    resource = contract(
        {"casos": [field("lugar"), *counted("n")]},
        {
            "tables": [
                {"kind": "counts", "resource": "casos", "count": "n", "dimensions": [{"field": "lugar"}]}
            ]
        },
    ).resources[0]
    with connected({"casos": {"lugar": ["a", "b"], "n": [4, 16]}}) as connection:
        connection.execute("CREATE TABLE told AS SELECT lugar, nullif(n, 4) AS n FROM raw_casos")
        found = utility.measure(connection, "raw_casos", "told", resource)
    assert found["totals"] == {"n": 0.2}
    assert found["columns"]["n"]["missing_added"] == 0.5
    assert "n" not in found["one_way"]


def test_no_rows_are_no_error() -> None:
    with connected({"personas": ROWS}) as connection:
        connection.execute("CREATE TABLE nobody AS SELECT * FROM raw_personas LIMIT 0")
        found = utility.measure(connection, "nobody", "nobody", persons())
    assert found["rows_kept"] == 1.0
