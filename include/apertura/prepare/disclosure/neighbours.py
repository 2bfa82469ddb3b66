"""Other datasets of the institution that tell of the same people: rows that few rows there can belong to.

Two contracts say so by a link with the same `about`. Every version that ever was public there is held against
what would be published here. What cannot be compared is an attack that nobody could try, and stops a release.
So does a table on either side of which several rows may be of one person: candidates are counted by rows.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

import duckdb

from apertura.contract import Contract, Project, Resource, linked
from apertura.prepare import engine
from apertura.prepare.disclosure import across, differences, signed
from apertura.prepare.disclosure.attack import Attack, outcome
from apertura.prepare.disclosure.recoded import coarser, published_level
from apertura.prepare.engine import quoted
from apertura.runs.context import Context


@dataclass(frozen=True)
class _Meeting:
    """A table here and a table of another dataset, and the columns in which they tell of the same things.

    `people`: those of both, by name, of which several rows may be of one person.
    """

    here: Resource
    there: Resource
    columns: list[tuple[str, str]]
    k: int
    people: frozenset[str] = frozenset()


def attacks(
    ctx: Context, connection: duckdb.DuckDBPyConnection, relations: Mapping[str, str]
) -> Iterator[Attack]:
    """Each table of rows against each linked one of another dataset, in all its versions.

    `relations`: resource -> what would be published, as it can stand after FROM.
    """
    for there, version, meeting in _looked_at(ctx):
        dataset_id = there.dataset.id
        with ExitStack() as stack:
            old = across.stored(ctx, stack, dataset_id, version, meeting.there.name)
            if old is None and not across.had(there, version, meeting.there.name):
                continue
            if meeting.people:
                found = _of_few(meeting, dataset_id, version)
            elif old is not None:
                found = _held(connection, meeting, (relations[meeting.here.name], old), dataset_id, version)
            else:
                found = _untried(
                    meeting,
                    dataset_id,
                    version,
                    "La versión ya no está y no se guardó qué decía: no se puede comprobar.",
                    f"restore {meeting.there.name} of {dataset_id}, version {version}, from a copy "
                    "of the public bucket",
                )
            yield found if across.is_released(ctx, dataset_id, version) else across.of_attempt(found)


def seen(ctx: Context) -> list[str]:
    """What `attacks` would look at now and what that tells, a line each: publish asks whether it is the same.

    A line names dataset, version, both tables, the columns that meet, the digest of the signature, and
    tables whose rows are not people.
    """
    lines = []
    for there, version, meeting in _looked_at(ctx):
        signature = across.signature_key(there.dataset.id, version, meeting.there.name)
        stat = ctx.private.stat(signature)
        columns = ",".join(f"{here}={other}" for here, other in meeting.columns)
        digest = stat.sha256 if stat is not None else None
        told = (there.dataset.id, version, meeting.here.name, meeting.there.name, columns, meeting.k, digest,
                *sorted(meeting.people))  # fmt: skip
        lines.append(" ".join(map(str, told)))
    return sorted(lines)


def _looked_at(ctx: Context) -> Iterator[tuple[Context, str, _Meeting]]:
    """Each linked dataset's context, each of its versions, each two tables that meet."""
    project = Project(ctx.settings.home)
    for dataset_id in project.dataset_ids(ctx.dataset.contract.institution):
        # A contract of which nothing was ever public is not read: it may be unfinished, and tells nothing.
        if dataset_id == ctx.dataset.id or not across.anything_of(ctx, dataset_id):
            continue
        there = replace(ctx, dataset=project.dataset(dataset_id))
        meetings = list(_meetings(ctx.dataset.contract, there.dataset.contract))
        for version in across.versions(there) if meetings else []:
            noted = signed.of_people(ctx, dataset_id, version)
            for one in meetings:
                people = one.people | {f"{name} of {dataset_id}" for name in noted & {one.there.name}}
                yield there, version, replace(one, people=people)


def _meetings(mine: Contract, theirs: Contract) -> Iterator[_Meeting]:
    for table, other, columns in linked.meetings(mine, theirs):
        here = next(one for one in mine.resources if one.name == table.resource)
        there = next(one for one in theirs.resources if one.name == other.resource)
        both = ((mine, here.name), (theirs, there.name))
        people = {f"{name} of {one.id}" for one, name in both if name in linked.by_people(one)}
        yield _Meeting(here, there, columns, other.k, frozenset(people))


def _held(
    connection: duckdb.DuckDBPyConnection,
    meeting: _Meeting,
    relations: tuple[str, str],
    dataset_id: str,
    version: str,
) -> Attack:
    """Rows here that 1 … k-1 rows there can belong to, by the columns that tell of the same things."""
    names = differences.names_of(connection, relations[1])
    labels = [_labels(connection, meeting, one, relations, names) for one in meeting.columns]
    unfit = [here for (here, _), one in zip(meeting.columns, labels, strict=True) if one is None]
    if unfit:
        return _untried(
            meeting,
            dataset_id,
            version,
            f"No se puede comparar {', '.join(unfit)} con lo que publicó el otro conjunto.",
            f"give {', '.join(unfit)} of {meeting.here.name} the name, type and hierarchy that its link has "
            f"in {dataset_id}, version {version}, or, where they tell of different things and no version "
            "here was signed with the link, take it out",
        )
    weight = f"sum({quoted(across.WEIGHT)})" if across.WEIGHT in names else "count(*)"
    tried, succeeded, smallest = _joined(
        connection, [one for one in labels if one is not None], relations, meeting.k, weight
    )
    columns = ", ".join(here for here, _ in meeting.columns)
    return Attack(
        "neighbours",
        f"Cruce con el conjunto {dataset_id}, versión {version}",
        "Los otros conjuntos publicados por la institución sobre las mismas personas o hechos.",
        (meeting.here.name, f"{dataset_id}:{meeting.there.name}"),
        tried,
        succeeded,
        outcome(tried, succeeded, smallest, "filas"),
        smallest,
        passed=succeeded == 0,
        remedy=f"publish {columns} of {meeting.here.name} coarser, until k rows of {dataset_id}, version "
        f"{version}, fit each row",
    )


def _of_few(meeting: _Meeting, dataset_id: str, version: str) -> Attack:
    return _untried(
        meeting,
        dataset_id,
        version,
        "Varias filas pueden ser de una misma persona: no se puede saber de cuántas hablan.",
        f"{' and '.join(sorted(meeting.people))} may have several rows of one person (`unit.columns`), and "
        f"candidates are counted by rows: "
        f"{linked.way_out([column for column, _ in meeting.columns], meeting.here.name)}",
    )


def _untried(meeting: _Meeting, dataset_id: str, version: str, told: str, remedy: str) -> Attack:
    return Attack(
        "neighbours",
        f"Cruce con el conjunto {dataset_id}, versión {version}",
        "Los otros conjuntos publicados por la institución sobre las mismas personas o hechos.",
        (meeting.here.name, f"{dataset_id}:{meeting.there.name}"),
        0,
        0,
        told,
        passed=False,
        remedy=remedy,
    )


def _labels(
    connection: duckdb.DuckDBPyConnection,
    meeting: _Meeting,
    columns: tuple[str, str],
    relations: tuple[str, str],
    there: set[str],
) -> tuple[str, str] | None:
    """SQL of a linked column's label here and there, at the coarser of both levels; None: no such level."""
    one, two = meeting.here.field(columns[0]), meeting.there.field(columns[1])
    if two.name not in there or one.hierarchy != two.hierarchy or one.type != two.type:
        return None
    before = published_level(connection, relations[0], one)
    after = published_level(connection, relations[1], two)
    if before is None or after is None:
        return None
    common = max(before, after)
    return coarser(one, before, common, quoted(one.name)), coarser(two, after, common, quoted(two.name))


def _joined(
    connection: duckdb.DuckDBPyConnection,
    labels: list[tuple[str, str]],
    relations: tuple[str, str],
    k: int,
    weight: str,
) -> tuple[int, int, int | None]:
    """Rows here; those that fit 1 … k-1 rows there; the fewest rows there that fit one."""
    mine, theirs = (
        f"(SELECT {', '.join(f'{one[side]} AS q{n}' for n, one in enumerate(labels))}, {rows} AS n "
        f"FROM {relations[side]} GROUP BY ALL)"
        for side, rows in ((0, "count(*)"), (1, weight))
    )
    on = " AND ".join(f"h.q{n} IS NOT DISTINCT FROM t.q{n}" for n in range(len(labels)))
    [row] = engine.run(
        connection,
        f"SELECT coalesce(sum(h.n), 0), coalesce(sum(h.n) FILTER (WHERE t.n < {k}), 0), min(t.n) "
        f"FROM {mine} h LEFT JOIN {theirs} t ON {on}",
        doing="comparing with another dataset",
    ).fetchall()
    tried, succeeded, smallest = row
    return int(tried), int(succeeded), None if smallest is None else int(smallest)
