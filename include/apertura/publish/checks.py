"""What stops a release before a file of it is made: other rules, withdrawal, a broken schema, lost rows."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

from apertura.errors import (
    FingerprintError,
    QualityError,
    ReleaseRefusedError,
    StorageError,
    ToleranceError,
)
from apertura.prepare import engine
from apertura.prepare.keys import key_id
from apertura.publish.dictionary import table_schema
from apertura.publish.history import History, content_key, version_folder
from apertura.quality.counts import shown
from apertura.runs import fingerprint, work
from apertura.runs.context import WHOLE, Context


def read_inputs(ctx: Context) -> tuple[dict[str, Any], dict[str, Any]]:
    """The documents of protect and validate of this run.

    FingerprintError when they are of different tables or were made under another contract, key, SQL or
    library than today's; QualityError when validation did not pass. Nothing is taken on trust.
    """
    protected = work.get_document(ctx, "protect")
    recipe = fingerprint.recipe(ctx.dataset, key_id(ctx))
    if protected["fingerprint"] != fingerprint.release_fingerprint(recipe, protected["partitions"]):
        raise FingerprintError(
            f"{ctx.dataset.id}, publish: the tables were made under another contract, key, SQL or library "
            "version",
            hint="clear this run from its deidentify task, so that today's rules apply to the whole",
        )
    validated = work.get_document(ctx, "validate")
    if validated["fingerprint"] != protected["fingerprint"]:
        raise FingerprintError(
            f"{ctx.dataset.id}, publish: what was validated is not what would be published",
            hint="clear this run from its validate task",
        )
    if not {"profile", "comparison"} <= set(validated):
        raise FingerprintError(
            f"{ctx.dataset.id}, publish: what was validated is of an older version of the library",
            hint="clear this run from its validate task",
        )
    critical = [
        one for one in validated["expectations"] if one["severity"] == "critical" and not one["success"]
    ]
    if validated["success"] is not True or critical:
        raise QualityError(
            f"{ctx.dataset.id}, publish: validation failed {len(critical)} critical expectations",
            hint="see the validate task of this run; the last release stays as it is",
        )
    return protected, validated


def refuse_withdrawn(ctx: Context, history: History, *, made_of: str = "", content: str = "") -> None:
    """ReleaseRefusedError when a version made of this, or with this content, was withdrawn."""
    version = history.withdrawn_with(fingerprint=made_of, content=content)
    if version is None and content:
        version = next((one for one in sorted(history.withdrawn) if _held(ctx, one) == content), None)
    if version is not None:
        raise ReleaseRefusedError(
            f"{ctx.dataset.id}, publish: this is what version {version} held, and that was withdrawn",
            hint=f"read retirada.json of version {version}; change the contract, or wait for a new extract",
        )


def _held(ctx: Context, version: str) -> str | None:
    """The digest of what a withdrawn version held; None when nothing says it."""
    try:
        document = json.loads(ctx.private.get(content_key(ctx.dataset.id, version)))
    except (KeyError, ValueError):
        return None
    return document.get("contentDigest") if isinstance(document, dict) else None


class Compared:
    """What the tables of this run have been held against: every version of their own, and of linked datasets.

    Whoever publishes signs first and looks then: of two linked datasets that publish at one moment, at least
    one sees the other.
    """

    def __init__(self, ctx: Context, protected: dict[str, Any], version: str) -> None:
        disclosure = protected.get("disclosure") or {}
        self._ctx, self._made_of, self._version = ctx, str(protected["fingerprint"]), version
        self._own = set(disclosure.get("versions", []))
        self._beside = set(disclosure.get("neighbours", []))

    def look(self) -> None:
        """Hold the tables against what linked datasets told since the last look.

        `version` is what would be published: it is not compared with itself. Errors: FingerprintError when
        another version of this dataset became public, PrivacyError when an attack succeeds, or when what
        was told of people would be forgotten.
        """
        from apertura.prepare.disclosure import across, forgotten, neighbours

        ctx = self._ctx
        forgotten.refuse(ctx)
        if ctx.dataset.contract.privacy is None:
            return

        if self._own.symmetric_difference(across.versions(ctx)) - {self._version}:
            raise FingerprintError(
                f"{ctx.dataset.id}, publish: since the tables were compared with all versions, there are "
                "others",
                hint="clear this run from its protect task, so that they are compared with all",
            )
        beside = set(neighbours.seen(ctx))
        if beside != self._beside:
            self._compare()
            self._beside = beside

    def _compare(self) -> None:
        from apertura.prepare.disclosure import neighbours
        from apertura.prepare.disclosure.attack import refuse_successful
        from apertura.prepare.vocabulary import load

        ctx = self._ctx
        with ExitStack() as stack:
            folder = stack.enter_context(ctx.scratch())
            connection = stack.enter_context(engine.connect(ctx.settings, folder))
            load(connection, ctx.dataset, whole=False)
            relations = {
                resource.name: engine.parquet(
                    stack.enter_context(
                        work.table(ctx, work.work_key(ctx, "protect", WHOLE, resource), self._made_of)
                    )
                )
                for resource in ctx.dataset.contract.resources
            }
            refuse_successful(neighbours.attacks(ctx, connection, relations), f"{ctx.dataset.id}, publish")


def refuse_broken_schema(ctx: Context, latest: dict[str, Any]) -> None:
    """ReleaseRefusedError when a published column is gone or retyped and schemaVersion was not raised."""
    contract = ctx.dataset.contract
    if contract.schemaVersion > latest["schemaVersion"]:
        return
    if contract.schemaVersion < latest["schemaVersion"]:
        raise ReleaseRefusedError(
            f"{ctx.dataset.id}, publish: schemaVersion {contract.schemaVersion} is lower than "
            f"{latest['schemaVersion']}, that of the last release",
            hint="raise schemaVersion above it",
        )
    now = {
        resource.name: {field["name"]: _kind(field) for field in table_schema(resource)["fields"]}
        for resource in contract.resources
    }
    broken = []
    for resource, columns in _published_columns(ctx, latest).items():
        if resource not in now:
            broken.append(f"table {resource} is gone")
            continue
        for name, kind in columns.items():
            if name not in now[resource]:
                broken.append(f"column {name} of {resource} is gone")
            elif now[resource][name] != kind:
                broken.append(f"column {name} of {resource} was {kind}, now {now[resource][name]}")
    if broken:
        raise ReleaseRefusedError(
            f"{ctx.dataset.id}, publish: the published columns changed against the last release: "
            f"{'; '.join(broken)}",
            hint="if that is meant, raise schemaVersion in the contract; else bring the columns back",
        )


def _kind(field: dict[str, Any]) -> str:
    scale = field.get("scale")
    return f"{field['type']} with {scale} decimals" if scale is not None else str(field["type"])


def _published_columns(ctx: Context, latest: dict[str, Any]) -> dict[str, dict[str, str]]:
    key = f"{version_folder(ctx.dataset.id, latest['version'])}/datapackage.json"
    try:
        package = json.loads(ctx.public.get(key))
        return {
            resource["name"]: {field["name"]: _kind(field) for field in resource["schema"]["fields"]}
            for resource in package["resources"]
        }
    except (KeyError, ValueError, TypeError):
        pass
    raise StorageError(
        f"{ctx.dataset.id}, publish: datapackage.json of version {latest['version']} is missing or damaged",
        hint="restore it from a copy of the public bucket, or withdraw the version",
    )


def guard_rows(
    ctx: Context, rows: dict[str, int], latest: dict[str, Any] | None, *, accept_fewer_rows: bool
) -> None:
    """ToleranceError when the first table has fewer rows than `guards.minimum_rows`, or any table lost more
    than the share `guards.rows_change` against the last release; the latter can be accepted by a person."""
    contract = ctx.dataset.contract
    first = contract.resources[0].name
    if rows[first] < contract.guards.minimum_rows:
        raise ToleranceError(
            f"{ctx.dataset.id}, publish: {first} has {shown(contract, rows[first])} rows, "
            f"the contract wants at least {contract.guards.minimum_rows}",
            hint="look at the extract; the last release stays as it is",
        )
    if latest is None or accept_fewer_rows:
        return
    for resource, before in latest["rows"].items():
        after = rows.get(resource)
        if after is not None and after < before * (1 - contract.guards.rows_change):
            raise ToleranceError(
                f"{ctx.dataset.id}, publish: {resource} has {shown(contract, after)} rows, the last release "
                f"had {shown(contract, before)}; the contract allows a fall of "
                f"{contract.guards.rows_change:.0%}",
                hint="ask the institution whether rows are missing; if they are not, publish with fewer rows "
                "accepted (--accept-fewer-rows)",
            )
