"""Regular expressions of contracts and suites, tried on RE2: what Python accepts may fail in the engine."""

from __future__ import annotations

from functools import lru_cache

from apertura.errors import ContractError


def refuse_bad_pattern(pattern: object, place: str) -> None:
    """ContractError, naming `place`, when the engine cannot use `pattern` (look-around, back references)."""
    if not isinstance(pattern, str) or not _usable(pattern):
        raise ContractError(
            f"{place}: not a regular expression of RE2",
            hint="RE2 has no look-ahead, look-behind or back references: write it without them",
        )


@lru_cache(4096)
def _usable(pattern: str) -> bool:
    """Tried once for each: opening an engine takes longer than the trial, and every field asks."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        try:
            connection.execute("SELECT regexp_matches('', ?)", [pattern])
        except duckdb.Error:
            return False
    return True
