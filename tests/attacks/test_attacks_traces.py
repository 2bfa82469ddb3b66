"""Row order, row numbers, group sizes of pseudonyms, dictionaries without the key."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from attacks_scene import connected, contract, dataset_of, field

from apertura.contract import Contract
from apertura.prepare.disclosure import keyless, traces
from apertura.prepare.keys import MasterKey, pseudonym_key

PEOPLE = {"access": "confidencial", "personal": "personal"}
MASTER = MasterKey(b"a key for tests, thirty-two byte")


def with_pseudonym(**more: Any) -> Contract:
    """Judgments with a pseudonym for the person."""
    pseudonym = {"domain": "table", "form": "cui", "rotation": "stable", "reason": "Prueba."} | more
    return contract(
        {
            "casos": [
                field("persona", treatment="pseudonymize", pseudonym=pseudonym, **PEOPLE),
                field("anio", type="integer"),
            ]
        },
        {"tables": [{"kind": "microdata", "resource": "casos", "quasi_identifiers": ["anio"], "k": 5}]},
    )


def test_rows_sorted_by_their_columns_tell_nothing_and_others_do(tmp_path: Path) -> None:
    resource = with_pseudonym().resources[0]
    with connected({"casos": {"persona": ["c", "a", None, "b"], "anio": [1, 2, 3, 4]}}) as connection:
        for name, order in (("sorted", "ORDER BY persona NULLS FIRST, anio"), ("source", "")):
            connection.execute(f"COPY (FROM raw_casos {order}) TO '{tmp_path / name}' (FORMAT parquet)")
        sorted_rows = traces.row_order(connection, f"read_parquet('{tmp_path / 'sorted'}')", resource)
        source_rows = traces.row_order(connection, f"read_parquet('{tmp_path / 'source'}')", resource)
    assert sorted_rows.passed
    assert not source_rows.passed
    assert source_rows.succeeded == 2  # from c down to a, and from a down to what is missing


@pytest.mark.parametrize(
    ("numbers", "passed"),
    [([7, 5, 6, 8], False), (["2", "1", "3", "4"], False), ([1, 1, 2, 3], True), ([1, 2, 3, 9], True)],
)
def test_a_column_that_numbers_the_rows_is_found(numbers: list[Any], passed: bool) -> None:
    one = contract(
        {"casos": [field("corre"), field("anio")]},
        {"tables": [{"kind": "microdata", "resource": "casos", "quasi_identifiers": ["anio"], "k": 2}]},
    )
    with connected({"casos": {"corre": numbers, "anio": ["x"] * 4}}) as connection:
        attack = traces.row_numbers(connection, "raw_casos", one.resources[0])
    assert attack.passed is passed
    assert ("corre" in attack.remedy) is not passed


def test_a_rare_group_size_finds_a_pseudonym() -> None:
    resource = with_pseudonym().resources[0]
    ordinary = [f"p{n // 2}" for n in range(20)]
    for persons, found in ((ordinary, 0), ([*ordinary, *["x"] * 7], 1)):
        with connected({"casos": {"persona": persons, "anio": [1] * len(persons)}}) as connection:
            [attack] = traces.pseudonym_sizes(connection, "raw_casos", resource, ["persona"], 5)
        assert attack.succeeded == found
        assert attack.passed is (found == 0)


def publish_pseudonyms(connection: Any, ctx: Any, token: str) -> None:
    connection.execute(
        f"CREATE OR REPLACE TABLE told AS SELECT {token} AS persona, 2024 AS anio "
        f"FROM ({keyless.CUIS}) LIMIT 500"
    )


def test_guessing_every_number_without_the_key_finds_nobody(make_context: Any, tmp_path: Path) -> None:
    """Positive controls: a plain hash is reversed for all, and so is the pseudonym by whoever has the key."""
    one = with_pseudonym()
    ctx, resource = make_context(dataset_of(one)), one.resources[0]
    key = pseudonym_key(MASTER, ctx, resource.fields[0], resource, "").ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key).hex() for pad in (0x36, 0x5C))
    with connected({"casos": {"persona": ["x"], "anio": [1]}}) as connection:
        publish_pseudonyms(connection, ctx, f"hmac_sha256(guess, unhex('{inner}'), unhex('{outer}'))")
        [keyed] = keyless.dictionary(ctx, connection, "told", resource)
        [leaked] = keyless.dictionary(ctx, connection, "told", resource, keys=[MASTER])
        publish_pseudonyms(connection, ctx, "left(sha256(guess), 32)")
        [plain] = keyless.dictionary(ctx, connection, "told", resource)
    assert (keyed.tried, keyed.succeeded, keyed.passed) == (6 * keyless.GUESSES, 0, True)
    assert (leaked.succeeded, leaked.passed) == (500, False)
    assert (plain.succeeded, plain.passed) == (500, False)
    assert base64.b64encode(MASTER.secret).decode() not in repr(keyed)


def test_guesses_are_valid_numbers() -> None:
    with connected({"casos": {"persona": ["x"], "anio": [1]}}) as connection:
        row = connection.execute(
            f"SELECT count(*), count(DISTINCT guess), count(cui(guess)) FROM ({keyless.CUIS})"
        ).fetchone()
    assert row == (keyless.GUESSES,) * 3
