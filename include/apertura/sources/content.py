"""Which partition a file belongs to, by what is in it: for sources that give their files random names.

What was found is kept in the private bucket under a digest of where the file lay and of the declaration, so
that a file is looked into once: recognised/<institution>/<dataset>/<digest>.json.
"""

# ruff: noqa: S608 (names are declared ones, through quoted())

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import apertura
from apertura.contract import Contract
from apertura.contract.intake import Content, Reader
from apertura.errors import ReaderError
from apertura.runs.context import Context
from apertura.runs.fingerprint import digest
from apertura.sources.index import groups_of_name, key_of, partition_of


def partition_of_file(ctx: Context, name: str, path: Path) -> str | None:
    """The partition of a file by its name and, where the contract declares `content`, by its rows.

    None when it is not of this dataset. Reads the whole file only when its header fits.
    """
    contract = ctx.dataset.contract
    content = contract.partitions.content if contract.partitions is not None else None
    if contract.partitions is None or content is None:
        return partition_of(contract, name)
    groups = groups_of_name(contract, name)
    if groups is None:
        return None
    for reader in _readers(contract):
        try:
            found = _groups(ctx, content, reader, path)
        except ReaderError:
            continue  # another institution's bytes, or another layout's: not ours to complain of here
        if found is not None:
            return key_of(contract, groups | found)
    return None


def _readers(contract: Contract) -> list[Reader]:
    """Each way in which a file of the dataset may have to be read, the dataset's own first."""
    declared = [contract.reader, *(layout.reader for layout in contract.layouts)]
    declared += [resource.reader for resource in contract.resources]
    readers: list[Reader] = []
    for one in declared:
        if one is not None and one not in readers:
            readers.append(one)
    return readers


def _groups(ctx: Context, content: Content, reader: Reader, path: Path) -> dict[str, str] | None:
    """What the rows tell, by group; None when the file is of another dataset or tells nothing."""
    from apertura.prepare import engine
    from apertura.readers import header, read

    names = header(reader, path, where=ctx.dataset.id)
    if not set(content.has) <= set(names) or set(content.lacks) & set(names):
        return None
    chosen = {
        group: next((column for column in told.least if column in names), None)
        for group, told in content.groups.items()
    }
    with ctx.scratch() as scratch, engine.connect(ctx.settings, scratch) as connection:
        folder = Path(tempfile.mkdtemp(prefix="content-", dir=scratch))
        table = read(reader, [(path.name, path)], folder, connection, where=ctx.dataset.id)
        found: dict[str, str] = {}
        for group, column in chosen.items():
            if column is None:
                return None
            name = engine.quoted(column)
            [(least,)] = engine.run(
                connection,
                # By length, then by text: the smallest of whole numbers without a cast, which DuckDB would
                # carry out inside the reader of a text file.
                f"SELECT min({{l: length(v), v: v}}).v FROM "
                f"(SELECT regexp_replace(trim({name}), '[.]0+$', '') AS v FROM {table.relation}) "
                r"WHERE regexp_full_match(v, '\d+')",
                doing=f"recognising a file of {ctx.dataset.id}",
            ).fetchall()
            if least is None:
                return None
            found[group] = str(least)
    return found


def remembered(ctx: Context, mark: object) -> dict[str, Any] | None:
    """What is known of the file with this mark (where it lay, how long, since when); None when nothing is."""
    try:
        known: dict[str, Any] = json.loads(ctx.private.get(_key(ctx, mark)))
    except KeyError:
        return None
    return known


def remember(ctx: Context, mark: object, known: dict[str, Any]) -> None:
    """Keep what was found out about a file: its partition, and what tells whether it changed."""
    ctx.private.put(_key(ctx, mark), json.dumps(known, sort_keys=True).encode())


def _key(ctx: Context, mark: object) -> str:
    """Never the name: people choose it, and it may hold anything.

    What could not be read yesterday may be read by another reader or library today, so these count, too.
    """
    contract = ctx.dataset.contract
    declared = contract.partitions.model_dump(mode="json") if contract.partitions is not None else None
    readers = [one.model_dump(mode="json") for one in _readers(contract)]
    return f"recognised/{ctx.dataset.id}/{digest([declared, readers, apertura.__version__, mark])}.json"
