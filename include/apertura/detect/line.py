"""Looks through a line that somebody wrote by hand for everybody to read: does it name or number a person?"""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path

from apertura.errors import ContractError
from apertura.settings import Settings

_KINDS = {
    "cui": "a CUI", "cui_doubtful": "a number like a CUI", "nit": "a NIT", "phone": "a mobile telephone",
    "email": "an e-mail address", "plate": "a vehicle's plate", "passport": "a passport number",
    "account": "a bank account", "coordinates": "coordinates", "birth_date": "a date of birth",
    "name": "a person's name", "address": "an address",
}  # fmt: skip


def refuse_people(settings: Settings, text: str, what: str) -> None:
    """ContractError when `text`, called `what`, names or numbers a person."""
    if found := identifiers(settings, " ".join(text.split())):
        raise ContractError(
            f"{what} is public, and it seems to hold {', '.join(found)}",
            hint="say it without naming anybody, and who decided by the office held",
        )


def identifiers(settings: Settings, line: str) -> list[str]:
    """What the detectors see in it, in words; empty when it holds nobody.

    Engines are imported here: the command line starts quickly.
    """
    import pyarrow as pa

    from apertura.detect import Column, count_kinds
    from apertura.prepare.engine import connect
    from apertura.prepare.vocabulary import define_search
    from apertura.storage.scratch import scratch_folder

    with scratch_folder(settings.scratch) as folder, connect(settings, folder) as connection:
        # A project without the vocabulary is looked at with that of this checkout, not without any.
        own = any((settings.home / "sql" / "clean").glob("holds_*.sql"))
        define_search(connection, settings.home if own else Path(__file__).resolve().parents[3])
        # Words alone, too: a name between two sentences is one.
        pieces = [line, *(piece for piece in re.split(r"[.,;:()«»\"]+\s*", line) if piece)]
        # A line for everybody needs no number that passes as a NIT: here none is taken for chance.
        both = zip_longest(pieces, re.findall(r"\b\d{6,10}\b", line))
        told = [{"line": piece, "nit": number} for piece, number in both]
        table = pa.schema([("line", pa.string()), ("nit", pa.string())])
        connection.register("lines", pa.Table.from_pylist(told, table))
        counts = count_kinds(connection, "lines", [Column("line"), Column("nit", "nit")], list(_KINDS))
        connection.unregister("lines")
    return list(dict.fromkeys(_KINDS[one.kind] for one in counts if one.hits))
