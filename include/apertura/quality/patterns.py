"""Regular expressions of contracts and suites, tried on RE2: what Python accepts may fail in the engine."""

from __future__ import annotations

from apertura.errors import ContractError


def refuse_bad_pattern(pattern: object, place: str) -> None:
    """ContractError, naming `place`, when the engine cannot use `pattern` (look-around, back references)."""
    import duckdb

    if isinstance(pattern, str):
        with duckdb.connect(":memory:") as connection:
            try:
                connection.execute("SELECT regexp_matches('', ?)", [pattern])
                return
            except duckdb.Error:
                pass
    raise ContractError(
        f"{place}: not a regular expression of RE2",
        hint="RE2 has no look-ahead, look-behind or back references: write it without them",
    )
