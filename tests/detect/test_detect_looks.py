"""The first looks that spare the detectors most of their work lose nothing that these would find."""

from __future__ import annotations

import random
import re

import duckdb
import pytest
from detect_scene import HOME, found

from apertura.detect import KINDS, SECOND
from apertura.detect.count import _ASKS_EXPECTED, _MACROS
from apertura.prepare.vocabulary import read_vocabulary

LIKELY = {
    "phone": "telefono", "plate": "placa", "passport": "pasaporte", "account": "cuenta bancaria",
    "coordinates": "latitud", "birth_date": "nacimiento", "name": "director", "address": "domicilio",
}  # fmt: skip
"""What a column is called in which the kind is expected."""


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """The examples of the vocabulary that speak of people, cut, joined and with odd signs put in."""
    paths = [
        p for p in (HOME / "sql" / "clean").glob("*.sql") if re.match(r"holds_|cui|nit|iban|phone", p.name)
    ]
    examples = [
        match[1].replace("''", "'")
        for macro in read_vocabulary(sorted((HOME / "sql" / "clean").glob("*.sql"))).values()
        if any(path.stem == macro.name for path in paths)
        for example in macro.examples
        if (match := re.match(r"\w+\('((?:[^']|'')*)'", example.expression))
    ]
    rng = random.Random(3)
    made = []
    for _ in range(1500):
        one, other = rng.choice(examples), rng.choice(examples)
        cut = rng.randrange(len(one) + 1)
        sign = rng.choice(["%20", "%2D", "０", "１", " ", "-", " - ", "é", "\u00a0", "E+12"])
        made += [
            one + rng.choice([" ", "", ", "]) + other,
            one[:cut] + sign + one[cut:],
            one[cut:] + other[:cut],
        ]
    return [*examples, *made]


@pytest.mark.parametrize(
    ("kind", "likely"), [*((kind, False) for kind in (*KINDS, *SECOND)), *((kind, True) for kind in LIKELY)]
)
def test_counting_finds_what_the_macro_finds(
    connection: duckdb.DuckDBPyConnection, texts: list[str], kind: str, likely: bool
) -> None:
    call = f"{_MACROS[kind]}(v, {likely})" if kind in _ASKS_EXPECTED else f"{_MACROS[kind]}(v)"
    counted = found(connection, texts, LIKELY[kind] if likely else "", [kind]).get(kind, 0)
    row = connection.execute(f"SELECT count(*) FILTER ({call}) FROM valores").fetchone()
    assert row == (counted,) and counted
    alone = "SELECT v FROM valores WHERE " + call
    for (text,) in connection.execute(alone).fetchall()[::97]:
        assert found(connection, [text], LIKELY[kind] if likely else "", [kind]) == {kind: 1}
