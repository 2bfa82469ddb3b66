"""A dataset's files on a CKAN portal: which resources of which package, as files or as datastore tables."""

from __future__ import annotations

import re
from pathlib import Path

from apertura.contract.intake import CkanSource
from apertura.errors import SourceError
from apertura.runs.context import WHOLE, Context
from apertura.sources import ckan, http
from apertura.sources.ckan import Resource
from apertura.sources.endpoint import Endpoint
from apertura.sources.index import is_plain_name, partition_of
from apertura.sources.kept import Piece, State, digest
from apertura.sources.over_http import MAX_FILES, fetch_one


def offered_resources(ctx: Context, source: CkanSource, endpoint: Endpoint) -> dict[str, list[Resource]]:
    """The package's resources that the contract means, by partition. SourceError when none is one."""
    what = f"{ctx.dataset.id}: connection {source.connection}, its package"
    listed = ckan.resources(endpoint, source.package, what=what)
    by_partition: dict[str, list[Resource]] = {}
    for resource in listed:
        if not is_plain_name(resource.name) or not _meant(source, resource):
            continue
        partitioned = ctx.dataset.contract.partitions is not None
        key = partition_of(ctx.dataset.contract, resource.name) if partitioned else WHOLE
        if key is not None:
            by_partition.setdefault(key, []).append(resource)
    if not by_partition:
        raise SourceError(
            f"{ctx.dataset.id}: none of the package's {len(listed)} resources is one that the contract means",
            hint="open the landing page: when names or formats changed, mend `source` in the contract",
        )
    return by_partition


def _meant(source: CkanSource, resource: Resource) -> bool:
    if source.datastore and not resource.datastore:
        return False
    if source.resource is not None and not re.fullmatch(source.resource, resource.name):
        return False
    return source.resource_format is None or resource.format.upper() == source.resource_format.upper()


def fetch_all(
    ctx: Context, source: CkanSource, endpoint: Endpoint, partition: str, state: State | None, scratch: Path
) -> list[Piece] | None:
    """All files of a partition; None when the package does not offer it. Unchanged ones have no path."""
    found = offered_resources(ctx, source, endpoint).get(partition)
    if found is None:
        return None
    if len(found) > MAX_FILES:
        raise SourceError(
            f"{ctx.dataset.id}: {len(found)} resources, more than {MAX_FILES}",
            hint="narrow `source.resource` in the contract",
        )
    pieces = []
    for number, resource in enumerate(found, 1):
        label = f"resource {number} of {len(found)}" + ("" if partition == WHOLE else f" of {partition}")
        target = scratch / str(number)
        if source.datastore:
            pieces.append(_table(ctx, source, endpoint, resource, label, target))
        else:
            one = (
                resource.name,
                f"{number}/{resource.name}",
                _address(ctx, endpoint, resource, label),
                label,
            )
            pieces.append(fetch_one(ctx, source, endpoint, one, state, target))
    return pieces


def _address(ctx: Context, endpoint: Endpoint, resource: Resource, label: str) -> str:
    """A resource's address; a relative one counts from the portal."""
    if not resource.url:
        raise SourceError(f"{ctx.dataset.id}: {label} has no address", hint=http.HINT_LOOK)
    return resource.url if "://" in resource.url else endpoint.base_url + resource.url.lstrip("/")


def _table(
    ctx: Context, source: CkanSource, endpoint: Endpoint, resource: Resource, label: str, target: Path
) -> Piece:
    what = f"{ctx.dataset.id}: connection {source.connection}, {label}"
    ckan.datastore_csv(
        endpoint, resource.id, target, page_rows=source.page_rows, max_bytes=source.max_bytes, what=what
    )
    name = f"{resource.name}.csv" if "." not in resource.name else resource.name
    return Piece(
        name, digest(target), target.stat().st_size, "ckan", path=target, long_name=f"{resource.id}.csv"
    )
