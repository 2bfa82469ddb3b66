"""Whether what corrections say names or numbers a person: the texts are public, and no table has them.

What a source had wrong is replaced before the gate looks at the tables. So each text is held to the rules of
its column, and what people write of it to all detectors. Messages tell the correction's number, never a text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import duckdb

from apertura.contract import Dataset, Resource
from apertura.detect import KINDS, Column, count_kinds
from apertura.errors import ContractError
from apertura.prepare.engine import literal
from apertura.prepare.vocabulary import define_detectors
from apertura.quality.identifiers import searched, words_of

if TYPE_CHECKING:
    from apertura.prepare.corrections import Numbered

_Asked = tuple[str, tuple[str, ...]]
"""What is said of a text's column, and what it is searched for."""


def refuse_people(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    resource: Resource,
    corrections: Sequence[Numbered],
) -> None:
    """ContractError for the first correction in which a detector finds a person.

    The vocabulary is loaded in the connection.
    """
    if not corrections:
        return
    define_detectors(connection, dataset)
    texts: dict[_Asked, list[tuple[int, str]]] = defaultdict(list)
    for one in corrections:
        for asked, text in _texts(resource, one):
            texts[asked].append((one.number, text))
    guilty = [number for asked, told in texts.items() for number in _found(connection, asked, told)]
    if guilty:
        raise ContractError(
            f"{dataset.id}: {dataset.corrections_path.name}, correction {min(guilty)} (resource "
            f"{resource.name}): a text of it seems to hold the name, the number or the address of a person",
            hint="say what was wrong without it: corrections are public. A column that may hold it is "
            "treated in the contract (drop, `admit`), or says why by `exempt`",
        )


def _texts(resource: Resource, one: Numbered) -> Iterator[tuple[_Asked, str]]:
    correction = one.correction
    for text in (correction.reason, correction.reported_by):
        yield ("", KINDS), text
    values = [*correction.key.items(), (correction.field, correction.expect)]
    for name, value in [*values, (correction.field, correction.value)]:
        field = resource.field(name)
        rules = [rule for rule in searched(resource, field) if rule.rank == "critical" and not rule.exempt]
        if value is not None and rules:
            yield (words_of(field), tuple(rule.detector for rule in rules)), value


def _found(
    connection: duckdb.DuckDBPyConnection, asked: _Asked, told: Sequence[tuple[int, str]]
) -> list[int]:
    """Numbers of the corrections with a text in which something is found; mostly one look tells: none."""
    if not _hits(connection, asked, [text for _, text in told]):
        return []
    return [number for number, text in told if _hits(connection, asked, [text])]


def _hits(connection: duckdb.DuckDBPyConnection, asked: _Asked, texts: list[str]) -> bool:
    words, kinds = asked
    listed = ", ".join(map(literal, texts))
    relation = f"(SELECT unnest([{listed}]) AS texto)"
    return any(one.hits for one in count_kinds(connection, relation, [Column("texto", words)], kinds))
