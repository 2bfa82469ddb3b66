"""Reads the catalogue from the public bucket: manifests are the truth, pointers and events are not asked."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from apertura.catalogue.contracts import Contracts
from apertura.catalogue.model import Catalogue, DataFile, Entry, Publisher, Table, Version
from apertura.catalogue.terms import read_terms
from apertura.contract import Contract, Project
from apertura.contract.loader import load_institution
from apertura.errors import AperturaError, ContractError, StorageError, in_our_words
from apertura.publish.history import MANIFEST, TOMBSTONE, history_of, home, version_folder
from apertura.storage import Bucket

_DESCRIBES = ("datapackage.json", "calidad.json", "privacidad.json")


@in_our_words
def read_catalogue(bucket: Bucket, project: Project, base: str) -> Catalogue:
    """All datasets that were ever published, by id. `base` is the bucket's public address.

    Errors: StorageError when a manifest or a document of the latest release is missing or damaged.
    """
    contracts = Contracts(project, {})
    listed = _listed(stat.key for stat in bucket.list("datos/"))
    entries = [read_entry(bucket, contracts, dataset_id, keys) for dataset_id, keys in listed.items()]
    return _catalogue(project, [entry for entry in entries if entry is not None], base)


@in_our_words
def read_sound(
    bucket: Bucket, project: Project, base: str, keys: Iterable[str], contracts: Contracts
) -> tuple[Catalogue, dict[str, str]]:
    """What `read_catalogue` reads but for the datasets that are damaged: those by id, with what is wrong.

    `keys` are all that begin with datos/.
    """
    entries: list[Entry] = []
    problems: dict[str, str] = {}
    for dataset_id, own in _listed(keys).items():
        try:
            # What nobody foresaw in one dataset's documents must not keep the others from being shown.
            entry = in_our_words(read_entry)(bucket, contracts, dataset_id, own)
        except AperturaError as error:
            problems[dataset_id] = error.message
            continue
        if entry is not None:
            entries.append(entry)
    return _catalogue(project, entries, base), problems


def _catalogue(project: Project, entries: list[Entry], base: str) -> Catalogue:
    known = {name: one for name in project.institution_names() if (one := _publisher(project, name))}
    known |= {entry.publisher.name: entry.publisher for entry in entries}
    return Catalogue(
        base.rstrip("/") + "/",
        tuple(entries),
        tuple(known[name] for name in sorted(known)),
        read_terms(project.home),
    )


def _listed(keys: Iterable[str]) -> dict[str, list[str]]:
    """Dataset -> all keys of its data, of every one that has a manifest or a tombstone."""
    listed: dict[str, list[str]] = {}
    found = set()
    for key in keys:
        parts = key.split("/")
        dataset_id = "/".join(parts[1:3])
        listed.setdefault(dataset_id, []).append(key)
        if len(parts) == 6 and parts[3] == "versiones" and parts[5] in (MANIFEST, TOMBSTONE):
            found.add(dataset_id)
    return {dataset_id: listed[dataset_id] for dataset_id in sorted(found)}


def read_entry(bucket: Bucket, contracts: Contracts, dataset_id: str, listed: Sequence[str]) -> Entry | None:
    """One dataset as its releases say; None when it was never published. StorageError as above.

    `listed` are all keys of its data.
    """
    keys, project = set(listed), contracts.project
    folder = f"{home(dataset_id)}/versiones/"
    history = history_of(bucket, dataset_id, [key for key in listed if key.startswith(folder)])
    tombstones = history.withdrawn
    # A withdrawn one is known by its tombstone: its manifest may be on its way out.
    manifests = {name: one for name, one in history.manifests.items() if name not in tombstones}
    if not manifests and not tombstones:
        return None
    versions = _versions(manifests, tombstones)
    latest = next((one for one in versions if not one.withdrawn), None)
    contract = contracts.contract(dataset_id)
    publisher = _publisher(project, dataset_id.partition("/")[0]) or _unknown(dataset_id)
    documents: dict[str, Mapping[str, Any]] = {name: {} for name in _DESCRIBES}
    tables: tuple[Table, ...] = ()
    if latest is not None:
        folder = version_folder(dataset_id, latest.version)
        documents = {name: _document(bucket, f"{folder}/{name}") for name in _DESCRIBES}
        tables = _tables(dataset_id, manifests[latest.version], documents["datapackage.json"], keys, contract)
    said = contract and contract.model_dump(mode="json")
    absent = [file.key for table in tables for file in table.files if not file.present]
    state = _digest([manifests, tombstones, publisher.__dict__, said, absent])
    return Entry(
        id=dataset_id,
        publisher=publisher,
        latest=latest,
        versions=versions,
        tables=tables,
        package=documents["datapackage.json"],
        quality=documents["calidad.json"],
        privacy=documents["privacidad.json"],
        state=state,
        contract=contract,
    )


def _document(bucket: Bucket, key: str) -> Mapping[str, Any]:
    try:
        document = json.loads(bucket.get(key))
    except (KeyError, ValueError):
        document = None
    if not isinstance(document, dict):
        raise StorageError(
            f"catalogue: {key} is missing or damaged",
            hint="restore it from a copy of the public bucket, or withdraw the version",
        )
    return document


def _versions(
    manifests: dict[str, dict[str, Any]], tombstones: dict[str, dict[str, Any]]
) -> tuple[Version, ...]:
    """Newest first, in the order that `latest` follows."""
    made = [
        _version(name, manifests.get(name, {}), tombstones.get(name)) for name in {*manifests, *tombstones}
    ]
    return tuple(
        sorted(made, key=lambda one: (one.version.partition("-")[0], one.number, one.version), reverse=True)
    )


def _version(name: str, manifest: dict[str, Any], tombstone: dict[str, Any] | None) -> Version:
    known = manifest or tombstone or {}
    said = (
        known.get("taken")
        or dt.datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC).isoformat()
    )
    return Version(
        version=name,
        number=int(known.get("number", 0)),
        previous=known.get("previous"),
        taken=dt.datetime.fromisoformat(said),
        schema_version=int(known.get("schemaVersion", 1)),
        rows=dict(known.get("rows", {})),
        partitions=tuple(known.get("partitions", ())),
        carried=tuple(known.get("carried", ())),
        missing=tuple(known.get("missing", ())),
        withdrawn=tombstone is not None,
        reason=(tombstone or {}).get("motivo"),
        withdrawn_on=(tombstone or {}).get("fecha"),
    )


def _tables(
    dataset_id: str,
    manifest: dict[str, Any],
    package: Mapping[str, Any],
    there: Set[str],
    contract: Contract | None,
) -> tuple[Table, ...]:
    files: dict[str, list[DataFile]] = {}
    folder = version_folder(dataset_id, manifest["version"])
    for file in manifest["files"]:
        if file["resource"] is None:
            continue
        nested = file["format"] not in ("csv", "json", "xml", "parquet")
        name = PurePosixPath(file["path"]).stem if nested else file["resource"]
        key, permanent = f"{home(dataset_id)}/latest/{file['path']}", f"{folder}/{file['path']}"
        files.setdefault(name, []).append(
            DataFile(
                key=key,
                permanent=permanent,
                resource=name,
                format=file["format"],
                media_type=file["mediaType"],
                bytes=file["bytes"],
                sha256=file["sha256"],
                present={key, permanent} <= there,
            )
        )
    tables = [
        Table(
            name=resource["name"],
            title=resource.get("title", resource["name"]),
            description=resource.get("description", ""),
            rows=manifest["rows"].get(resource["name"]),
            schema=resource["schema"],
            files=tuple(files.pop(resource["name"], ())),
        )
        for resource in package["resources"]
    ]
    said = {one.name: (one.title, one.description) for one in (contract.packages if contract else [])}
    nested_tables = [
        Table(name, *said.get(name, (name, "")), None, None, tuple(them)) for name, them in files.items()
    ]
    return (*tables, *nested_tables)


def _publisher(project: Project, name: str) -> Publisher | None:
    path = project.home / "include" / "institutions" / f"{name}.yaml"
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    return _published_by(path, changed)


@lru_cache(maxsize=256)
def _published_by(path: Path, changed: int) -> Publisher | None:
    """Read once as long as the file is the same: an institution may have hundreds of datasets."""
    try:
        return Publisher.of(load_institution(path))
    except ContractError:
        return None


def _unknown(dataset_id: str) -> Publisher:
    """An institution whose file is gone: its data stay findable under its short name."""
    name = dataset_id.partition("/")[0]
    return Publisher(name, name, "", "")


def _digest(parts: list[Any]) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
