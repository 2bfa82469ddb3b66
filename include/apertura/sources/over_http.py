"""A dataset's files over HTTP: which ones, from where, and only those that changed."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from apertura.contract.intake import CkanSource, HttpSource
from apertura.errors import SourceError
from apertura.runs.context import WHOLE, Context
from apertura.sources import http
from apertura.sources.accept import accepted
from apertura.sources.content import partition_of_file, remember, remembered
from apertura.sources.endpoint import Endpoint
from apertura.sources.index import (
    MAX_INDEX_BYTES,
    chosen,
    declared_url,
    file_url,
    linked_names,
    listed_files,
    may_be_named,
)
from apertura.sources.kept import Piece, State, is_kept

MAX_FILES = 500
"""Files of one partition: an index that offers more is not what the contract's pattern was written for."""


Named = tuple[str, str]
"""A file that an index offers: the name that the contract knows it by, and its URL."""


def offered_files(
    ctx: Context, source: HttpSource, endpoint: Endpoint, scratch: Path
) -> dict[str, list[Named]]:
    """The files that the source's index offers now, by partition."""
    index = source.index or ""
    what = f"{ctx.dataset.id}: connection {source.connection}, its index"
    page = scratch / "index.html"
    url = declared_url(endpoint.base_url, index.removeprefix("./"))
    answer = http.fetch(endpoint, url, page, what=what, max_bytes=MAX_INDEX_BYTES)
    if source.entries is not None:
        files = listed_files(page, answer.url, source.entries, what=what)
    else:
        files = [(name, file_url(answer.url, name)) for name in linked_names(page, answer.url, what=what)]
    partitions = ctx.dataset.contract.partitions
    if partitions is not None and partitions.content is not None:
        return _by_content(ctx, source, endpoint, files, scratch)
    names = chosen(ctx.dataset.contract, list(dict.fromkeys(name for name, _ in files)), source.link)
    return {key: [file for file in files if file[0] in some] for key, some in names.items()}


def _by_content(
    ctx: Context, source: HttpSource, endpoint: Endpoint, files: list[Named], scratch: Path
) -> dict[str, list[Named]]:
    """Files by the partition that is in the files. One that cannot be had now is left for the next run.

    SourceError when none is recognised.
    """
    by_partition: dict[str, list[Named]] = {}
    failure: SourceError | None = None
    named = [file for file in files if may_be_named(ctx.dataset.contract, file[0])]
    for number, (name, url) in enumerate(named, 1):
        what = f"{ctx.dataset.id}: connection {source.connection}, file {number} of {len(named)}"
        try:
            key = _recognised(ctx, source, endpoint, name, url, what, scratch)
        except SourceError as error:
            failure = error
            continue
        if key is not None:
            by_partition.setdefault(key, []).append((name, url))
    if by_partition:
        return by_partition
    raise failure or SourceError(
        f"{ctx.dataset.id}: none of the {len(named)} files that the source's index links is recognised by "
        "its content",
        hint="open the landing page: when its files changed, mend `partitions` in the contract",
    )


def _recognised(
    ctx: Context, source: HttpSource, endpoint: Endpoint, name: str, url: str, what: str, scratch: Path
) -> str | None:
    """The partition of one file; it is fetched once, and then only asked whether it has changed."""
    known = remembered(ctx, {"url": url}) or {}
    if known.get("run") != ctx.run_id:
        target = scratch / "looked-into"
        answer = http.fetch(
            endpoint,
            url,
            target,
            what=what,
            max_bytes=source.max_bytes,
            etag=known.get("etag"),
            last_modified=known.get("last_modified"),
        )
        if not answer.not_modified:
            fetched = Piece(name=name, sha256=answer.sha256, bytes=answer.bytes, origin="http", url=url)
            piece = accepted(ctx, fetched, target, what=what, must_be_zip=True, scratch=scratch)
            known = {
                "partition": partition_of_file(ctx, name, piece.path or target),
                "etag": answer.headers.get("etag"),
                "last_modified": answer.headers.get("last-modified"),
            }
        known["run"] = ctx.run_id
        remember(ctx, {"url": url}, known)
    found: str | None = known["partition"]
    return found


def fetch_all(
    ctx: Context, source: HttpSource, endpoint: Endpoint, partition: str, state: State | None, scratch: Path
) -> list[Piece] | None:
    """All files of a partition, in the order of their names; None when the index does not offer it.

    A file that did not change since `state` and is still kept comes without a path.
    """
    if source.files is not None:
        wanted = [
            (
                unquote(PurePosixPath(path.partition("?")[0]).name),
                path,
                declared_url(endpoint.base_url, path),
                f"file {path.partition('?')[0]}",
            )
            for path in source.files
        ]
    else:
        files = offered_files(ctx, source, endpoint, scratch).get(partition)
        if files is None:
            return None
        wanted = [
            (name, f"{number}/{name}", url, f"file {number} of {len(files)}" + _of(partition))
            for number, (name, url) in enumerate(files, 1)
        ]
    if len(wanted) > MAX_FILES:
        raise SourceError(
            f"{ctx.dataset.id}: {len(wanted)} files{_of(partition)}, more than {MAX_FILES}",
            hint="narrow the pattern in the contract",
        )
    return [
        fetch_one(ctx, source, endpoint, one, state, scratch / str(number))
        for number, one in enumerate(wanted)
    ]


def _of(partition: str) -> str:
    return "" if partition == WHOLE else f" of {partition}"


def fetch_one(
    ctx: Context,
    source: HttpSource | CkanSource,
    endpoint: Endpoint,
    one: tuple[str, str, str, str],
    state: State | None,
    target: Path,
) -> Piece:
    """One file: its name, its longer name, its URL, and what messages call it. Without path if unchanged."""
    name, long_name, url, label = one
    what = f"{ctx.dataset.id}: connection {source.connection}, {label}"
    known = _known(ctx, state, url, source.unzip)
    answer = http.fetch(
        endpoint,
        url,
        target,
        what=what,
        max_bytes=source.max_bytes,
        etag=known.etag if known else None,
        last_modified=known.last_modified if known else None,
    )
    if answer.not_modified and known is not None:
        return known
    fetched = Piece(
        name=name,
        long_name=long_name,
        sha256=answer.sha256,
        bytes=answer.bytes,
        origin="http",
        url=url,
        etag=answer.headers.get("etag"),
        last_modified=answer.headers.get("last-modified"),
        headers=answer.headers,
    )
    return accepted(ctx, fetched, target, what=what, must_be_zip=True, scratch=target.parent)


def _known(ctx: Context, state: State | None, url: str, unzip: str | None) -> Piece | None:
    """The piece of the last take that a conditional question may refer to: same place, bytes still kept."""
    for piece in state.pieces if state else []:
        if piece.origin == "http" and piece.url == url and piece.unzip == unzip:
            sound = bool(piece.etag or piece.last_modified) and is_kept(ctx, piece.sha256, piece.bytes)
            return piece if sound else None
    return None
