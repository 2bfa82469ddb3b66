"""What other releases give away: older versions, withdrawn ones, other datasets of the same people.

A withdrawn version was public: somebody has it. What it told is kept in the private bucket, as counts by its
protected columns and links only: disclosure/<institution>/<dataset>/<version>/<resource>.parquet; beside them
lies which links it was signed with (`signed`). What was to be a version and was killed before its manifest
counts like one: its files could be read.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePosixPath

import duckdb

from apertura.contract import Resource
from apertura.contract.accepted import new_columns, revised
from apertura.contract.privacy import Counts, Microdata, Privacy
from apertura.errors import in_our_words
from apertura.prepare import engine
from apertura.prepare.disclosure import differences, filled, keyless, neighbours, signed
from apertura.prepare.disclosure.attack import ATTEMPTS, Attack, about, outcome
from apertura.prepare.disclosure.differences import Difference
from apertura.prepare.disclosure.joins import sensitive_names
from apertura.prepare.engine import quoted
from apertura.runs.context import Context
from apertura.storage.files import hashed

WEIGHT = "apertura:filas"
"""Column of a signature: how many rows of the version have these labels."""

_ALL_VERSIONS = "Todas las versiones publicadas, también las retiradas."
NO_WAY_ROUND = "raising schemaVersion does not help, and what was public stays known when it is withdrawn"
"""Why a version that cannot be compared is not got rid of."""


def signature_key(dataset_id: str, version: str, resource: str) -> str:
    """Where the signature of a version's table is kept in the private bucket."""
    return f"{signed.FOLDER}/{dataset_id}/{version}/{resource}{signed.SIGNATURE}"


@in_our_words
def remember(ctx: Context, version: str, tables: Mapping[str, Path]) -> list[str]:
    """Keep what a version tells of people: called by publish before the manifest makes it a release.

    `tables`: resource -> Parquet file as published. For rows, the number of each combination of protected
    columns and links; for counts, the cells. The same call twice keeps the same; what a killed attempt at the
    same version told otherwise is kept under a name of its own. Answers the keys that are new. A dataset
    without a privacy model keeps nothing.
    """
    privacy = ctx.dataset.contract.privacy
    new: list[str] = []
    if privacy is None:
        return new
    new += signed.keep(ctx, version)
    with ctx.scratch() as folder, engine.connect(ctx.settings, folder) as connection:
        for number, table in enumerate(privacy.tables):
            source = engine.parquet(tables[table.resource])
            if isinstance(table, Microdata):
                told = [link.columns for link in privacy.links if table.resource in link.columns]
                linked = [columns[table.resource] for columns in told]
                names = sorted({*differences.known_names(table), *sensitive_names(table), *linked})
                items = ", ".join(quoted(name) for name in names)
                select = (
                    f"SELECT {items}, count(*) AS {quoted(WEIGHT)} FROM {source} GROUP BY ALL ORDER BY ALL"
                )
            else:
                names = [dimension.field for dimension in table.dimensions]
                items = ", ".join(quoted(name) for name in [*names, table.count, f"{table.count}_estado"])
                select = f"SELECT {items} FROM {source} ORDER BY ALL"
            target = folder / f"signature-{number}.parquet"
            engine.write_table(connection, select, target, version, doing="keeping a version's signature")
            key = signature_key(ctx.dataset.id, version, table.resource)
            there = ctx.private.stat(key)
            if there is None:
                new.append(key)
            elif there.sha256 != (digest := hashed(target).sha256):
                other = f"{version}{signed.OTHERWISE}{(there.sha256 or digest)[:8]}"
                ctx.private.copy(key, signature_key(ctx.dataset.id, other, table.resource))
            ctx.private.upload(key, target, move=True)
    return new


@in_our_words
def check(
    ctx: Context,
    published: Mapping[str, Path | str],
    connection: duckdb.DuckDBPyConnection,
    *,
    raw: Mapping[str, str] | None = None,
    version: str | None = None,
) -> list[Attack]:
    """Hold what would be published against everything that was, and guess at its pseudonyms.

    `published`: resource -> Parquet file, or what can stand after FROM; `raw` likewise, at level 0 (with it,
    hidden counts are compared by their true values, and rows are counted by whose they are); `version` is not
    compared with itself. The vocabulary is loaded in the connection. Nothing is raised for an attack that
    succeeds: see `refuse_successful`.
    """
    privacy = ctx.dataset.contract.privacy
    if privacy is None:
        return []
    relations = {name: _relation(one) for name, one in published.items()}
    attacks: list[Attack] = []
    resources = {resource.name: resource for resource in ctx.dataset.contract.resources}
    released = _released(ctx)
    for old in versions(ctx):
        if old == version and old in released:
            continue
        first = len(attacks)
        moved: dict[str, tuple[Counts, Difference]] = {}
        for table in privacy.tables:
            found = _against(ctx, connection, old, table, resources[table.resource], relations, raw or {})
            told = _told(old, table.resource, table, found)
            compared = found is not None and not (found.gone or found.unfit) and old in released
            attacks.append(_answered(told, privacy, old, version) if compared else told)
            if isinstance(table, Counts) and found is not None:
                moved[table.resource] = table, found
        both = [*_together(old, moved), *_filled(ctx, connection, old, moved, relations, raw or {})]
        attacks += [_answered(one, privacy, old, version) for one in both]
        attacks += _left_out(ctx, old, privacy)
        if old not in released:
            attacks[first:] = [of_attempt(one) for one in attacks[first:]]
    attacks += neighbours.attacks(ctx, connection, relations)
    for table in privacy.tables:
        attacks += keyless.dictionary(ctx, connection, relations[table.resource], resources[table.resource])
    return attacks


def _answered(one: Attack, privacy: Privacy, old: str, new: str | None) -> Attack:
    """The same; a person may answer for what it found, in every table concerned."""
    answered = all(revised(privacy.accepted, name, old, new) for name in one.resources)
    return replace(one, accepted=answered and not one.passed)


def _relation(one: Path | str) -> str:
    return engine.parquet(one) if isinstance(one, Path) else one


# publish calls `remember`, and reading its package at the top would be a circle: hence the imports within.


def versions(ctx: Context) -> list[str]:
    """Every version that ever was public, or may have been for a while, the newest first."""
    kept = {PurePosixPath(key).parent.name for key in signed.signatures(ctx, ctx.dataset.id)}
    return sorted(_released(ctx) | kept, reverse=True)


def anything_of(ctx: Context, dataset_id: str) -> bool:
    """Whether anything of a dataset is public, or was signed to be."""
    from apertura.publish.history import home

    public = ctx.public.list(f"{home(dataset_id)}/versiones/")
    return any(public) or any(signed.signatures(ctx, dataset_id))


def _released(ctx: Context) -> set[str]:
    from apertura.publish.history import read_history

    history = read_history(ctx)
    return {*history.manifests, *history.withdrawn}


def of_attempt(one: Attack) -> Attack:
    """The same attack, with what was to be a version and never became one."""
    hint = (
        "it was never released: if its files never lay in the public bucket, remove its folder of disclosure/"
    )
    return replace(one, name=ATTEMPTS, remedy=f"{one.remedy} ({hint})")


def is_released(ctx: Context, dataset_id: str, version: str) -> bool:
    """Whether a version has a manifest or a tombstone."""
    from apertura.publish.history import MANIFEST, TOMBSTONE, version_folder

    folder = version_folder(dataset_id, version)
    return any(ctx.public.stat(f"{folder}/{name}") is not None for name in (MANIFEST, TOMBSTONE))


def stored(ctx: Context, stack: ExitStack, dataset_id: str, version: str, resource: str) -> str | None:
    """A version's table: as published, else its signature; None when neither is there.

    Of what never became a release its files may be half there: only the signature counts.
    """
    from apertura.publish.history import version_folder

    places = [(ctx.private, signature_key(dataset_id, version, resource))]
    if is_released(ctx, dataset_id, version):
        places.insert(0, (ctx.public, f"{version_folder(dataset_id, version)}/{resource}.parquet"))
    for bucket, key in places:
        if bucket.stat(key) is not None:
            return engine.parquet(stack.enter_context(bucket.as_file(key)))
    return None


def _against(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    version: str,
    table: Microdata | Counts,
    resource: Resource,
    relations: Mapping[str, str],
    raw: Mapping[str, str],
) -> Difference | None:
    """One table against its older version; None when that is gone and left no signature."""
    with ExitStack() as stack:
        old = stored(ctx, stack, ctx.dataset.id, version, resource.name)
        if old is None:
            # A table that the version did not have tells nothing; one that is gone cannot be checked.
            return None if had(ctx, version, resource.name) else Difference(0, 0)
        new = relations[resource.name]
        if isinstance(table, Counts):
            return differences.of_counts(connection, table, old, new, raw.get(resource.name))
        weight = quoted(WEIGHT) if WEIGHT in differences.names_of(connection, old) else "1"
        privacy = ctx.dataset.contract.privacy
        since = new_columns(privacy.accepted if privacy else [], resource.name, version)
        return differences.of_rows(
            connection,
            resource,
            table,
            old,
            new,
            weight=weight,
            new_columns=since,
            raw=raw.get(resource.name),
        )


def had(ctx: Context, version: str, resource: str) -> bool:
    """Whether a version had this table, by its manifest or tombstone; when neither says so it may have.

    Of what never became a release all tables are signed before the first of its files goes out.
    """
    from apertura.publish.history import read_history

    if not is_released(ctx, ctx.dataset.id, version):
        return ctx.private.stat(signature_key(ctx.dataset.id, version, resource)) is not None
    tables = read_history(ctx).tables(version)
    return tables is None or resource in tables


def _left_out(ctx: Context, version: str, privacy: Privacy) -> Iterator[Attack]:
    """Tables of people that a version had and today's model does not name: nothing is held against them.

    Tables of people are those of which the version left a signature. Of a version that left none every table
    counts that today's contract does not have: it may be one of today's under another name.
    """
    from apertura.publish.history import read_history

    kept = {PurePosixPath(key).stem for key in signed.signatures(ctx, f"{ctx.dataset.id}/{version}")}
    declared = {resource.name for resource in ctx.dataset.contract.resources}
    had = kept or (read_history(ctx).tables(version) or set()) - declared
    for resource in sorted(had - {table.resource for table in privacy.tables}):
        yield Attack(
            "versions", f"Resta con la versión {version}", _ALL_VERSIONS, (resource,), 0, 0,
            f"El contrato de hoy ya no protege la tabla {resource} de esa versión: no se puede comparar.",
            passed=False,
            remedy=f"keep {resource} of version {version} and its model under this name: {NO_WAY_ROUND}",
        )  # fmt: skip


def _told(version: str, resource: str, table: Microdata | Counts, found: Difference | None) -> Attack:
    least = table.k if isinstance(table, Microdata) else table.threshold
    what = "clases" if isinstance(table, Microdata) else "celdas"
    title, knows = f"Resta con la versión {version}", _ALL_VERSIONS
    if found is None:
        return Attack(
            "versions", title, knows, (resource,), 0, 0,
            "La versión ya no está y no se guardó qué decía: no se puede comprobar.",
            passed=False,
            remedy=f"restore {resource} of version {version} from a copy of the public bucket",
        )  # fmt: skip
    if found.gone:
        return Attack(
            "versions", title, knows, (resource,), 0, 0,
            f"La versión no tiene {', '.join(found.gone)} con ese nombre: no se puede comparar.",
            passed=False,
            remedy=f"{resource} of version {version} has no {', '.join(found.gone)}: keep the names of its "
            f"columns: {NO_WAY_ROUND}; if it is new since then, privacy.accepted says so (docs/privacy.md)",
        )  # fmt: skip
    if found.unfit:
        return Attack(
            "versions", title, knows, (resource,), 0, 0,
            f"Los valores de {', '.join(found.unfit)} no son de la jerarquía de hoy: no se pueden comparar.",
            passed=False,
            remedy=f"keep the hierarchy of {', '.join(found.unfit)} that version {version} was made with",
        )  # fmt: skip
    told = outcome(found.compared, 0, None, what)
    if found.telling:
        told = (
            f"La diferencia con la versión {version} hablaría de menos de {least} personas en "
            f"{about(found.telling)} de unas {about(found.compared)} {what}."
        )
    return Attack(
        "versions",
        title,
        knows,
        (resource,),
        found.compared,
        found.telling,
        told,
        passed=found.telling == 0,
        remedy=f"the difference to version {version} would tell of fewer than {least} people: wait until at "
        f"least {least} rows of each class of {resource} changed, fix the levels that it was published at, "
        f"or, if somebody answers for it, privacy.accepted (docs/privacy.md)",
    )


def _filled(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    version: str,
    found: Mapping[str, tuple[Counts, Difference]],
    relations: Mapping[str, str],
    raw: Mapping[str, str],
) -> Iterator[Attack]:
    """Cells that the older version hid behind others that are told now."""
    privacy = ctx.dataset.contract.privacy
    names = [name for name, (_, one) in found.items() if name in raw and not one.gone]
    with ExitStack() as stack:
        old = {name: stored(ctx, stack, ctx.dataset.id, version, name) for name in names}
        told = {
            name: filled.Told(there, relations[name], raw[name])
            for name, there in old.items()
            if there is not None
        }
        if privacy is None or not told:
            return
        one = filled.attack(connection, privacy, told, ctx.dataset.id)
    if one is None:
        return
    result = outcome(one.tried, 0, None, "celdas")
    if one.succeeded:
        result = (
            f"Con lo que ahora se publica se acotarían {about(one.succeeded)} de unas {about(one.tried)} "
            f"celdas suprimidas en la versión {version}."
        )
    yield Attack(
        "versions",
        f"Resta en la versión {version} con las celdas que ahora se publican",
        _ALL_VERSIONS,
        tuple(told),
        one.tried,
        one.succeeded,
        result,
        passed=one.succeeded == 0,
        remedy=f"cells of {', '.join(told)} that version {version} suppressed to hide others are told now: "
        "wait until the counts that they hid have changed, or publish coarser tables",
    )


def _together(version: str, found: Mapping[str, tuple[Counts, Difference]]) -> Iterator[Attack]:
    """Cells that changed by few people in several tables of counts at once.

    One more here and one more there are one person: the tables tell of it together what each keeps apart.
    """
    if len(found) < 2:
        return
    told = {name: one.moved for name, (_, one) in found.items() if one.moved}
    compared = sum(one.compared for _, one in found.values())
    succeeded = sum(told.values()) if len(told) > 1 else 0
    names, least = ", ".join(told), max(model.threshold for model, _ in found.values())
    result = outcome(compared, 0, None, "celdas")
    if succeeded:
        result = (
            f"En varias tablas a la vez, {about(succeeded)} de unas {about(compared)} celdas cambiarían "
            f"en menos de {least} personas frente a la versión {version}: juntas hablarían de ellas."
        )
    yield Attack(
        "versions",
        f"Resta de varias tablas a la vez con la versión {version}",
        _ALL_VERSIONS,
        tuple(found),
        compared,
        succeeded,
        result,
        passed=succeeded == 0,
        remedy=f"cells of {names} changed by fewer than {least} people in several tables at once against "
        f"version {version}: leave published counts as they are and revise them later, when each "
        f"changed by {least} at least",
    )
