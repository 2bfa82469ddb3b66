"""Stage deidentify: straight from the extract's bytes to a text table without direct identifiers.

Rows that a law protects leave whole, dropped columns are not written, identifiers become pseudonyms over
their canonical form. No raw table is stored: readers work in a scratch folder that ends with the stage.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from apertura.contract import Contract, Resource
from apertura.errors import EngineError, FingerprintError, StorageError, in_our_words
from apertura.prepare import engine, treatment
from apertura.prepare.keys import MasterKey, needs_key, pseudonym_key
from apertura.prepare.layout import File, Group, fed_by_patterns, files_of, groups_of, match
from apertura.prepare.partition import Extract, extract_of, told
from apertura.prepare.vocabulary import Macro, casting, load
from apertura.quality.counts import shown
from apertura.readers import read
from apertura.readers.json_table import Paths
from apertura.runs.context import Context, StageResult
from apertura.runs.work import put_document, put_table

_BLOCK = 64
"""Block of SHA-256, bytes: what HMAC fills its key to."""


@dataclass
class _Counted:
    """What one resource's rows became."""

    rows_in: int = 0
    rows_out: int = 0
    empty: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    undeclared: int = 0


@in_our_words
def deidentify(ctx: Context, partition: str) -> StageResult:
    """Write deidentify.parquet for each resource of a partition, and deidentify.json with its counts.

    ReaderError when the extract does not have a declared shape, SettingsError without a key where the dataset
    needs one, FingerprintError when the extract is gone.
    """
    contract = ctx.dataset.contract
    extract = extract_of(ctx, partition)
    key = MasterKey.load(ctx.settings) if needs_key(ctx) else None
    counted: dict[str, _Counted] = {}
    columns: dict[str, list[str]] = {}
    with ctx.scratch() as scratch, ExitStack() as stack:
        files = _fetched(ctx, extract, stack)
        connection = stack.enter_context(engine.connect(ctx.settings, scratch))
        vocabulary = load(connection, ctx.dataset, whole=False)
        chosen = files_of(contract, files)
        for number, resource in enumerate(contract.resources):
            outgoing = treatment.outgoing(
                resource, _set_keys(ctx, key, connection, resource, extract.fingerprint)
            )
            folder = scratch / f"resource-{number}"
            folder.mkdir()
            target = folder / "deidentify.parquet"
            groups = groups_of(contract, resource, chosen[resource.name])
            counted[resource.name] = _write(
                ctx,
                connection,
                resource,
                groups,
                outgoing,
                vocabulary,
                target,
                (partition, extract.fingerprint),
            )
            columns[resource.name] = list(outgoing)
            put_table(ctx, "deidentify", partition, resource, target)
    total = _total(counted)
    put_document(
        ctx,
        "deidentify",
        partition,
        {
            "fingerprint": extract.fingerprint,
            "recipe": extract.recipe,
            "digests": extract.digests,
            "taken": extract.taken,
            "counts": {
                "rows_in": total.rows_in,
                "rows_out": total.rows_out,
                "empty": total.empty,
                "excluded": total.excluded,
                "refused": {name: one.refused for name, one in counted.items()},
                "undeclared": total.undeclared,
            },
            "columns_out": columns,
        },
    )
    counts, notes = told(
        contract,
        total.rows_in,
        total.rows_out,
        total.excluded,
        refused=[count for one in counted.values() for count in one.refused.values()],
    )
    if total.undeclared:
        notes.append(
            "values at paths that the contract does not declare were dropped: "
            f"{shown(contract, total.undeclared)}; `apertura peek` shows the paths"
        )
    return StageResult("deidentify", "done", extract.fingerprint, counts, notes)


def _fetched(ctx: Context, extract: Extract, stack: ExitStack) -> list[File]:
    """The extract's files at hand, by name, each with the bytes that were taken from the source."""
    institution = ctx.dataset.contract.institution
    files: list[File] = []
    for entry in sorted(extract.files, key=lambda entry: str(entry["name"])):
        digest = str(entry["sha256"])
        try:
            path = stack.enter_context(ctx.private.as_file(f"extracts/{institution}/{digest[:2]}/{digest}"))
        except KeyError:
            path = None
        if path is None:
            raise FingerprintError(
                f"{ctx.dataset.id}: a file of the extract is no longer kept",
                hint="clear the run from its extract task",
            )
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise StorageError(
                    f"{ctx.dataset.id}: a kept file of the extract is not what was taken (wrong SHA-256)",
                    hint="delete it from the private bucket and clear the run from its extract task",
                )
        files.append((str(entry["name"]), path))
    return files


def _set_keys(
    ctx: Context,
    key: MasterKey | None,
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    fingerprint: str,
) -> dict[str, tuple[str, str]]:
    """Hand each pseudonym's HMAC key to the connection as variables; the SQL text never holds one."""
    names: dict[str, tuple[str, str]] = {}
    for number, spec in enumerate(resource.fields):
        if key is None or spec.keyed is None:
            continue
        filled = pseudonym_key(key, ctx, spec, resource, fingerprint).ljust(_BLOCK, b"\0")
        pair = (f"pseudonym_inner_{number}", f"pseudonym_outer_{number}")
        for name, pad in zip(pair, (0x36, 0x5C), strict=True):
            padded = bytes(byte ^ pad for byte in filled)
            engine.run(connection, f"SET VARIABLE {name} = $key", {"key": padded}, doing="setting a key")
        names[spec.name] = pair
    return names


def _write(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    groups: list[Group],
    outgoing: dict[str, str],
    vocabulary: dict[str, Macro],
    target: Path,
    made: tuple[str, str],
) -> _Counted:
    """Read the files of each layout and write what may leave as one table; `made` is the partition's key
    and fingerprint."""
    where = ctx.dataset.id
    counted = _Counted()
    selects = []
    by_rule = treatment.excluded_by(resource)
    for number, group in enumerate(groups):
        folder = target.parent / f"layout-{number}"
        folder.mkdir()
        nested = _paths(ctx.dataset.contract, resource) if group.reader.format == "json" else None
        raw = read(group.reader, group.files, folder, connection, where=where, nested=nested)
        counted.undeclared += raw.undeclared
        columns = match(ctx.dataset.contract, resource, group.layout, raw.columns)
        relation = raw.relation
        if casting(vocabulary, treatment.macros_used(resource)):
            relation = _staged(connection, relation, folder / "staged.parquet", where)
        source = treatment.source_select(resource, columns, relation, made[0])
        empty = (
            treatment.empty_row(_filled(resource, columns.sources)) if resource.drop_empty_rows else "false"
        )
        if resource.exclude_rows or resource.drop_empty_rows:
            _count_leaving(connection, resource, source, empty, by_rule, counted, where)
        items = ", ".join(f"{sql} AS {engine.quoted(name)}" for name, sql in outgoing.items())
        stays = f"NOT ({empty}) AND ({by_rule}) IS NULL"
        selects.append(f"SELECT {items} FROM ({source}) WHERE {stays}")
        if not columns.wide:
            counted.rows_in += raw.rows
    counted.rows_out = engine.write_table(
        connection, " UNION ALL ".join(selects), target, made[1], doing=f"writing deidentify of {where}"
    )
    _reconcile(counted, resource, where)
    counted.refused = _count_refused(connection, resource, target, where)
    return counted


def _paths(contract: Contract, resource: Resource) -> Paths:
    """What is declared of a nested source; the first resource over the same files counts what is not."""
    beside = [other for other in contract.resources if other.files == resource.files]
    known = {
        spec.source.removeprefix("/") for one in beside for spec in one.fields if isinstance(spec.source, str)
    }
    columns = tuple(dict.fromkeys(spec.source for spec in resource.fields if isinstance(spec.source, str)))
    return Paths(columns, frozenset(known) if beside[0] is resource else None)


def _filled(resource: Resource, sources: dict[str, str | None]) -> list[str]:
    """Fields that a row of this layout can fill."""
    named = [name for name, column in sources.items() if column is not None]
    values = {pattern.value for pattern in resource.patterns}
    return named + sorted(fed_by_patterns(resource) & values)


def _staged(connection: duckdb.DuckDBPyConnection, relation: str, path: Path, where: str) -> str:
    """The raw table as a text Parquet in scratch, where a cast fails for its value alone."""
    engine.run(
        connection,
        f"COPY (SELECT * FROM {relation}) TO {engine.literal(str(path))} (FORMAT parquet, COMPRESSION lz4)",
        doing=f"staging the extract of {where}",
    )
    return engine.parquet(path)


def _count_leaving(
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    source: str,
    empty: str,
    by_rule: str,
    counted: _Counted,
    where: str,
) -> None:
    """Count the empty rows, and those that leave by the legal basis of the first rule that takes them."""
    counts = engine.run(
        connection,
        f"SELECT CASE WHEN {empty} THEN -1 ELSE {by_rule} END AS leaving, count(*) FROM ({source}) "
        "GROUP BY leaving",
        doing=f"counting the rows of {where} that leave",
    ).fetchall()
    for number, count in counts:
        if number == -1:
            counted.empty += count
        elif number is not None:
            basis = resource.exclude_rows[number].legal_basis.basis
            counted.excluded[basis] = counted.excluded.get(basis, 0) + count


def _reconcile(counted: _Counted, resource: Resource, where: str) -> None:
    """Rows in are what the reader counted, without the empty ones; none may be lost on the way."""
    leaving = sum(counted.excluded.values())
    if resource.patterns:
        counted.rows_in = counted.rows_out + leaving
        return
    counted.rows_in -= counted.empty
    if counted.rows_in != counted.rows_out + leaving:
        raise EngineError(
            f"{where}: resource {resource.name}: the rows written do not add up to the rows read",
            hint="report this to the maintainers",
        )


def _count_refused(
    connection: duckdb.DuckDBPyConnection, resource: Resource, target: Path, where: str
) -> dict[str, int]:
    """Values that have no canonical form, or that `admit` refused, by field."""
    fields = [spec.name for spec in treatment.refusing_fields(resource)]
    if not fields:
        return {}
    items = ", ".join(f"count(*) FILTER ({engine.quoted(name)} = '')" for name in fields)
    row = engine.run(
        connection,
        f"SELECT {items} FROM {engine.parquet(target)}",
        doing=f"counting refused values of {where}",
    ).fetchone()
    return dict(zip(fields, row or (), strict=True))


def _total(counted: dict[str, _Counted]) -> _Counted:
    total = _Counted()
    for one in counted.values():
        total.rows_in += one.rows_in
        total.rows_out += one.rows_out
        total.empty += one.empty
        total.undeclared += one.undeclared
        for basis, count in one.excluded.items():
            total.excluded[basis] = total.excluded.get(basis, 0) + count
    return total
