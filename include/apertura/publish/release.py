"""The publish stage: files first, then the manifest that makes them a release, then what derives from it."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apertura.errors import (
    AlreadyExistsError,
    AperturaError,
    EngineError,
    StorageError,
    in_our_words,
)
from apertura.prepare.engine import connect, parquet
from apertura.prepare.keys import key_id
from apertura.publish.certificate import lasting, privacy_report
from apertura.publish.checks import (
    Compared,
    guard_rows,
    read_inputs,
    refuse_broken_schema,
    refuse_withdrawn,
)
from apertura.publish.dictionary import data_package
from apertura.publish.formats import MEDIA_TYPES, DataFile, write_formats
from apertura.publish.history import MANIFEST, History, dump, read_history, version_folder, version_name
from apertura.publish.packages import write_package
from apertura.publish.pointers import repair
from apertura.publish.privacy_page import privacy_page
from apertura.publish.protection import levels
from apertura.publish.quality_page import quality_page
from apertura.publish.reports import quality_report
from apertura.runs import fingerprint, work
from apertura.runs.context import WHOLE, Context, StageResult
from apertura.runs.failpoint import failpoint
from apertura.storage import IMMUTABLE
from apertura.storage.files import Hashed, hashed

STAGE = "publish"

_KINDS = {".json": ("json", "application/json"), ".html": ("html", "text/html")}
"""Format and media type of what describes a release, by suffix."""


@dataclass(frozen=True)
class _Release:
    """All of a release on the worker's disk: its manifest's entries, and where each file lies."""

    files: list[dict[str, Any]]
    paths: dict[str, Path]
    hashed: dict[str, Hashed]
    content: str


@in_our_words
def publish(ctx: Context, *, accept_fewer_rows: bool = False) -> StageResult:
    """Publish what protect made and validate passed; outcome done, unchanged or superseded.

    At any time, also after a kill in the middle, a second call ends in the same public bucket.
    `accept_fewer_rows` is an operator's word that a fall in rows is real.

    Errors: FingerprintError, PrivacyError, QualityError, ReleaseRefusedError, ToleranceError, StorageError.
    """
    protected, validated = read_inputs(ctx)
    made_of = str(protected["fingerprint"])
    version = version_name(str(protected["taken"]), made_of)
    history = read_history(ctx)
    latest = history.latest
    refuse_withdrawn(ctx, history, made_of=made_of)
    rows = {
        resource.name: int(protected["rows"][resource.name]) for resource in ctx.dataset.contract.resources
    }

    known = history.manifests.get(version)
    if known is not None and known["fingerprint"] != made_of:
        raise _occupied(ctx, version)
    if known is None and latest is not None and latest["fingerprint"] == made_of:
        known = latest
    if known is not None:
        return _already_published(ctx, known, latest, rows)
    if latest is not None and version.partition("-")[0] < latest["version"].partition("-")[0]:
        repair(ctx)
        note = f"version {latest['version']} is made of newer extracts"
        return StageResult(STAGE, "superseded", made_of, _counts(rows), [note], latest["version"])
    if latest is not None:
        refuse_broken_schema(ctx, latest)
    guard_rows(ctx, rows, latest, accept_fewer_rows=accept_fewer_rows)

    with ctx.scratch() as folder:
        release = _build(ctx, protected, validated, folder)
        refuse_withdrawn(ctx, history, content=release.content)
        if latest is not None and latest["contentDigest"] == release.content:
            repair(ctx)
            note = f"same rows and metadata as version {latest['version']}"
            return StageResult(STAGE, "unchanged", made_of, _counts(rows), [note], latest["version"])
        manifest = _manifest(ctx, protected, version, history, release)
        compared = Compared(ctx, protected, version)
        compared.look()
        _sign(ctx, compared, version, release)
        _upload(ctx, version, release)
        compared.look()
        _commit(ctx, version, manifest)
    repair(ctx)
    _remember(ctx, version, made_of, "done")
    counts = {**_counts(rows), "files": len(release.files), "bytes": sum(f["bytes"] for f in release.files)}
    return StageResult(STAGE, "done", made_of, counts, [], version)


def _counts(rows: dict[str, int]) -> dict[str, int]:
    return {"rows": sum(rows.values())}


def _already_published(
    ctx: Context, known: dict[str, Any], latest: dict[str, Any] | None, rows: dict[str, int]
) -> StageResult:
    """Nothing to make. If this very run made it and was killed before it could say so, it says so now."""
    repair(ctx)
    made_of, version = known["fingerprint"], known["version"]
    if _recalled(ctx) == {"fingerprint": made_of, "version": version, "outcome": "committing"}:
        _remember(ctx, version, made_of, "done")
        return StageResult(STAGE, "done", made_of, _counts(rows), [], version)
    notes = []
    if latest is not None and latest["version"] != version:
        notes = [f"version {version} holds this already; the latest is {latest['version']} and stays"]
    return StageResult(STAGE, "unchanged", made_of, _counts(rows), notes, version)


def _remember(ctx: Context, version: str, made_of: str, outcome: str) -> None:
    work.put_document(ctx, STAGE, WHOLE, {"fingerprint": made_of, "version": version, "outcome": outcome})


def _recalled(ctx: Context) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = json.loads(ctx.private.get(work.work_key(ctx, STAGE)))
    except KeyError:
        return None
    return document


def _build(ctx: Context, protected: dict[str, Any], validated: dict[str, Any], folder: Path) -> _Release:
    """Write every file of the release except the manifest into `folder`."""
    contract = ctx.dataset.contract
    data: list[DataFile] = []
    taken = str(protected["taken"])
    version = version_name(taken, str(protected["fingerprint"]))
    with connect(ctx.settings, folder) as connection, ExitStack() as stack:
        relations: dict[str, str] = {}
        for resource in contract.resources:
            key = work.work_key(ctx, "protect", WHOLE, resource)
            table = stack.enter_context(work.table(ctx, key, str(protected["fingerprint"])))
            relations[resource.name] = parquet(table)
            rows, files = write_formats(connection, table, contract, resource, folder)
            if rows != protected["rows"][resource.name]:
                raise EngineError(
                    f"{ctx.dataset.id}, publish: the table of {resource.name} does not have the rows that "
                    "protect counted",
                    hint="clear this run from its protect task",
                )
            data += files
        for nested in contract.packages:
            path = folder / f"{nested.name}.json"
            write_package(connection, nested, relations, path, {"version": version, "taken": taken})
            data.append(DataFile(path, contract.name, nested.name, path.stat().st_size, hashed(path)))
    csv = {file.resource: (file.bytes, file.sha256) for file in data if file.format == "csv"}
    package = data_package(contract, ctx.dataset.institution, csv, levels(protected.get("disclosure")))
    quality = quality_report(ctx.dataset, protected, validated)
    privacy = privacy_report(contract, protected, key_id(ctx), validated.get("gate", []))
    documents = {
        "datapackage.json": dump(package),
        "calidad.json": dump(quality),
        "privacidad.json": dump(privacy),
    }
    institution = ctx.dataset.institution
    documents["calidad.html"] = quality_page(contract, institution, quality, version=version, taken=taken)
    documents["privacidad.html"] = privacy_page(
        contract,
        institution,
        privacy,
        home=ctx.dataset.home,
        rows=protected["rows"],
        version=version,
        taken=taken,
    )
    sums = {file.path.name: file.sha256 for file in data}
    sums |= {name: hashlib.sha256(text).hexdigest() for name, text in documents.items()}
    documents["SHA256SUMS"] = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()

    entries = [
        _entry(file.path.name, file.resource, file.format, _media_type(file), file.bytes, file.sha256)
        for file in data
    ]
    paths = {file.path.name: file.path for file in data}
    for name, text in documents.items():
        paths[name] = folder / name
        paths[name].write_bytes(text)
        kind = _KINDS.get(Path(name).suffix, ("text", "text/plain"))
        entries.append(_entry(name, None, *kind, len(text), hashlib.sha256(text).hexdigest()))
    made = {file.path.name: file.hashed for file in data}
    return _Release(entries, paths, made, _content(csv, package, quality, privacy))


def _media_type(file: DataFile) -> str:
    """What a package says of itself is JSON; its format is its name."""
    return MEDIA_TYPES.get(file.format, MEDIA_TYPES["json"])


def _entry(
    path: str, resource: str | None, format_: str, media_type: str, size: int, sha256: str
) -> dict[str, Any]:
    return {
        "path": path,
        "resource": resource,
        "format": format_,
        "mediaType": media_type,
        "bytes": size,
        "sha256": sha256,
    }


def _content(
    csv: dict[str, tuple[int, str]], package: dict[str, Any], quality: dict[str, Any], privacy: dict[str, Any]
) -> str:
    """What makes two releases the same: rows, dictionary, treatments, and which expectations held.

    Not how many values cleaning changed or how many rows a law took out: those describe the extract, and
    a release that differs in nothing else would only tell what happened to what is not published.
    """
    checks = [
        {name: item[name] for name in ("recurso", "tipo", "columnas", "severidad", "cumple")}
        for item in quality["comprobaciones"]
    ]
    return fingerprint.digest(
        {
            "csv": {name: digest for name, (_, digest) in csv.items()},
            "dictionary": package,
            "checks": checks,
            "treatments": lasting(privacy),
        }
    )


def _manifest(
    ctx: Context, protected: dict[str, Any], version: str, history: History, release: _Release
) -> dict[str, Any]:
    latest = history.latest
    return {
        "apertura": 1,
        "dataset": ctx.dataset.id,
        "institution": ctx.dataset.contract.institution,
        "version": version,
        "number": history.next_number,
        "previous": latest["version"] if latest else None,
        "fingerprint": protected["fingerprint"],
        "contentDigest": release.content,
        "schemaVersion": ctx.dataset.contract.schemaVersion,
        "taken": protected["taken"],
        "rows": {
            resource.name: protected["rows"][resource.name] for resource in ctx.dataset.contract.resources
        },
        "partitions": sorted(protected["partitions"]),
        "carried": sorted(protected["carried"]),
        "missing": sorted(protected["missing"]),
        "files": release.files,
    }


def _sign(ctx: Context, compared: Compared, version: str, release: _Release) -> None:
    """Keep what the version tells of people, before it is public: a withdrawal does not make it untold.

    Then look once more at what others have published or signed; who is refused has told nothing yet.
    """
    if ctx.dataset.contract.privacy is None:
        return
    from apertura.prepare.disclosure import across

    failpoint("publish.signature:before")
    tables = {
        str(file["resource"]): release.paths[file["path"]]
        for file in release.files
        if file["format"] == "parquet"
    }
    new = across.remember(ctx, version, tables)
    failpoint("publish.signature:after")
    try:
        compared.look()
    except AperturaError:
        for key in new:
            ctx.private.delete(key)
        raise


def _upload(ctx: Context, version: str, release: _Release) -> None:
    """Put every file in its place; what a killed attempt left there and is right is not sent again."""
    folder = version_folder(ctx.dataset.id, version)
    for file in release.files:
        key = f"{folder}/{file['path']}"
        stat = ctx.public.stat(key)
        if stat is not None and stat.sha256 == file["sha256"] and stat.size == file["bytes"]:
            continue
        if stat is not None and ctx.public.stat(f"{folder}/{MANIFEST}") is not None:
            raise _occupied(ctx, version)  # somebody committed meanwhile: a version never changes
        failpoint("publish.file:before")
        path, known = release.paths[file["path"]], release.hashed.get(file["path"])
        ctx.public.upload(key, path, sha256=known or file["sha256"], cache_control=IMMUTABLE, move=True)
        failpoint("publish.file:after")


def _commit(ctx: Context, version: str, manifest: dict[str, Any]) -> None:
    """The one write that makes a release. Whoever comes second with the same release has lost nothing."""
    _remember(ctx, version, manifest["fingerprint"], "committing")
    key = f"{version_folder(ctx.dataset.id, version)}/{MANIFEST}"
    failpoint("publish.manifest:before")
    try:
        ctx.public.put(key, dump(manifest), cache_control=IMMUTABLE, if_absent=True)
    except AlreadyExistsError:
        there = read_history(ctx).manifests.get(version, {})
        if there.get("fingerprint") != manifest["fingerprint"]:
            raise _occupied(ctx, version) from None
    failpoint("publish.manifest:after")


def _occupied(ctx: Context, version: str) -> StorageError:
    return StorageError(
        f"{ctx.dataset.id}, publish: version {version} is there already and was made of something else",
        hint="see whether another run published at the same moment, then clear this task",
    )
