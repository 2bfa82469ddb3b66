"""A dictionary of pseudonyms without the key: whoever guesses numbers and hashes them finds nobody.

Guatemala has about 3 × 10¹⁰ valid CUIs, so a plain hash is reversed within hours: what protects a pseudonym
is its key alone. The attack hashes 100,000 numbers in the ways that are tried first, and under wrong keys.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from apertura.contract import FieldSpec, Resource
from apertura.prepare.disclosure.attack import Attack, outcome
from apertura.prepare.engine import quoted, run
from apertura.prepare.keys import MasterKey, pseudonym_key
from apertura.runs.context import Context

GUESSES = 100_000
_BLOCK = 64
_WEIGHTED = " + ".join(f"{place + 1} * CAST(substr(s, {place}, 1) AS INTEGER)" for place in range(1, 9))
CUIS = f"""
SELECT s || CAST(check_digit AS VARCHAR) || '0101' AS guess
FROM (SELECT s, ({_WEIGHTED}) % 11 AS check_digit FROM (
    SELECT lpad(CAST(n AS VARCHAR), 8, '0') AS s FROM range(10000000, {10000000 + 2 * GUESSES}) AS t(n)
))
WHERE check_digit < 10
ORDER BY guess
LIMIT {GUESSES}
"""
"""The CUIs that are guessed: valid ones of the first municipality."""
PHONES = f"SELECT CAST(n AS VARCHAR) AS guess FROM range(50000000, {50000000 + GUESSES}) AS t(n)"


def dictionary(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    resource: Resource,
    *,
    fingerprints: Sequence[str] = ("",),
    keys: Sequence[MasterKey] | None = None,
) -> list[Attack]:
    """For each pseudonym column: guesses hashed without a key and under `keys` (default: keys of zeros and of
    ones) against what would be published. `fingerprints` are public: pseudonyms that rotate depend on them.
    """
    wrong = keys if keys is not None else (MasterKey(bytes(32)), MasterKey(b"\xff" * 32))
    attacks = []
    for field in resource.published_fields:
        if field.pseudonym is None:
            continue
        tokens = ["left(sha256(guess), 32)", "md5(guess)", "left(sha1(guess), 32)", "guess"]
        for number, key in enumerate(wrong):
            for fingerprint in fingerprints:
                tokens.append(_token(ctx, connection, field, resource, key, f"{number}", fingerprint))
        tried = succeeded = 0
        guesses = PHONES if field.pseudonym.form == "phone" else CUIS
        run(connection, f"CREATE OR REPLACE TEMP TABLE attack_guesses AS {guesses}", doing="guessing numbers")
        for token in tokens:
            [row] = run(
                connection,
                f"SELECT count(*), count(*) FILTER (WHERE token IN "
                f"(SELECT DISTINCT CAST({quoted(field.name)} AS VARCHAR) FROM {relation})) "
                f"FROM (SELECT {token} AS token FROM attack_guesses)",
                doing=f"guessing the pseudonyms of {field.name}",
            ).fetchall()
            guessed, found = row
            tried, succeeded = tried + int(guessed), succeeded + int(found)
        attacks.append(
            Attack(
                "key-dictionary",
                f"Diccionario de números contra el seudónimo {field.name}, sin la clave",
                "Todos los números posibles y el método, pero no la clave.",
                (resource.name,),
                tried,
                succeeded,
                outcome(tried, succeeded, None, "intentos"),
                passed=succeeded == 0,
                remedy="change the master key and withdraw every release under it (docs: a leaked key)",
            )
        )
    return attacks


def _token(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    field: FieldSpec,
    resource: Resource,
    key: MasterKey,
    number: str,
    fingerprint: str,
) -> str:
    """SQL: the pseudonym of `guess` under a key."""
    filled = pseudonym_key(key, ctx, field, resource, fingerprint).ljust(_BLOCK, b"\0")
    names = []
    for side, pad in (("inner", 0x36), ("outer", 0x5C)):
        name = f"attack_{side}_{number}_{len(fingerprint)}_{fingerprint[:8]}".rstrip("_")
        padded = bytes(byte ^ pad for byte in filled)
        run(connection, f"SET VARIABLE {quoted(name)} = $key", {"key": padded}, doing="setting a wrong key")
        names.append(f"getvariable('{name}')")
    return f"hmac_sha256(guess, {names[0]}, {names[1]})"
