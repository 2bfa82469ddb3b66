"""The extract stage: take a partition's files from inbox, source or command line and keep them unchanged.

The order makes any kill harmless: bytes are kept first (under their own digest), then the source's state,
then the run's document, and only then are files of the inbox moved away.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from apertura.contract.intake import CkanSource, HttpSource, SqlSource
from apertura.errors import AperturaError, SettingsError, SourceError, SourceUnavailableError, in_our_words
from apertura.prepare.keys import extract_key, key_id
from apertura.runs import work
from apertura.runs.context import WHOLE, Context, StageResult
from apertura.runs.fingerprint import partition_fingerprint, recipe
from apertura.sources import inbox, kept
from apertura.sources.accept import accepted
from apertura.sources.endpoint import Endpoint
from apertura.sources.index import is_key, key_form
from apertura.sources.kept import Piece, State
from apertura.sources.over_http import fetch_all, offered_files


@dataclass
class _Gathered:
    """The pieces of an extract, what to tell of them, and the inbox files that they came from."""

    pieces: list[Piece]
    notes: list[str] = field(default_factory=list)
    drops: list[tuple[inbox.Drop, str]] = field(default_factory=list)
    marks: list[dict[str, object]] = field(default_factory=list)


@in_our_words
def offered(ctx: Context, endpoint: Endpoint | None) -> list[str]:
    """Partition keys that the source's index and the inbox offer now, sorted; `_` when unpartitioned.

    A source that does not answer is an error, unless an operator dropped files for it.
    """
    contract = ctx.dataset.contract
    source = contract.source
    if contract.partitions is None and source.kind != "inbox":
        return [WHOLE]
    dropped = set(inbox.look(ctx).ready)
    if not isinstance(source, HttpSource | CkanSource):
        # What was dropped once stays offered: a mended contract needs no second drop.
        return sorted(dropped | set(kept.known_partitions(ctx)))
    failure: AperturaError
    try:
        return sorted(dropped | _offered_by(ctx, source, _needed(ctx, endpoint)))
    except SourceError as error:
        failure = error
    if dropped:
        return sorted(dropped)
    raise failure


def _offered_by(ctx: Context, source: HttpSource | CkanSource, endpoint: Endpoint) -> set[str]:
    if isinstance(source, CkanSource):
        from apertura.sources.over_ckan import offered_resources  # requests, for these datasets only

        return set(offered_resources(ctx, source, endpoint))
    with ctx.scratch() as scratch:
        return set(offered_files(ctx, source, endpoint, scratch))


@in_our_words
def extract(
    ctx: Context, partition: str, endpoint: Endpoint | None, *, files: list[Path] | None = None
) -> StageResult:
    """Take one partition and keep it; writes the run's extract.json.

    `files` (of the command line) go before the inbox, the inbox before the source. Counts: files, bytes and
    not_modified (files that the source said had not changed). Raises SourceError and its kin, SettingsError.
    """
    check_partition(ctx, partition)
    with ctx.scratch() as scratch:
        state = kept.load_state(ctx, partition)
        if files:
            gathered = _Gathered([_local(ctx, path, n, scratch) for n, path in enumerate(files, 1)])
        else:
            gathered = _from_inbox(ctx, partition, state, scratch) or _from_source(
                ctx, partition, endpoint, state, scratch
            )
        pieces = _dated(ctx, _named_apart(ctx, gathered.pieces), state)
        for piece in pieces:
            kept.keep(ctx, piece, move=piece.path is not None and piece.path.is_relative_to(scratch))
        kept.save_state(ctx, partition, State(ctx.run_id, pieces, list(gathered.marks)))
        fingerprint = _write_document(ctx, partition, pieces)
        for drop, sha256 in gathered.drops:
            inbox.put_away(ctx, drop, sha256)
    return StageResult(
        stage="extract",
        outcome="done",
        fingerprint=fingerprint,
        counts={
            "files": len(pieces),
            "bytes": sum(piece.bytes for piece in pieces),
            "not_modified": sum(piece.path is None for piece in gathered.pieces),
        },
        notes=gathered.notes,
    )


def check_partition(ctx: Context, partition: str) -> None:
    """SettingsError when this cannot be a partition's key; it is not quoted, for anything can be typed."""
    if (ctx.dataset.contract.partitions is None) != (partition == WHOLE):
        arrives = "whole" if partition != WHOLE else "in partitions"
        raise SettingsError(
            f"{ctx.dataset.id} arrives {arrives}",
            hint="leave --partition out" if partition != WHOLE else "say which one: --partition KEY",
        )
    if partition != WHOLE and not is_key(ctx.dataset.contract, partition):
        raise SettingsError(
            f"{ctx.dataset.id}: what was given as its partition is none",
            hint=f"write it as {key_form(ctx.dataset.contract)}: --partition KEY",
        )


def _needed(ctx: Context, endpoint: Endpoint | None) -> Endpoint:
    if endpoint is None:
        raise SettingsError(
            f"{ctx.dataset.id}: no connection was given for its source",
            hint="set the connection that the contract's `source` names",
        )
    return endpoint


def _local(ctx: Context, path: Path, number: int, scratch: Path) -> Piece:
    """A file given on the command line."""
    what = f"{ctx.dataset.id}: the {number}. file given"
    if not path.is_file():
        raise SettingsError(f"{what} is not there", hint="name files that exist")
    piece = Piece(
        path.name, kept.digest(path), path.stat().st_size, "local", long_name=f"{number}/{path.name}"
    )
    unpacked = scratch / str(number)
    unpacked.mkdir()
    return accepted(ctx, piece, path, what=what, must_be_zip=False, scratch=unpacked)


def _from_inbox(ctx: Context, partition: str, state: State | None, scratch: Path) -> _Gathered | None:
    """What an operator dropped for this partition; None when the declared source is to be asked."""
    seen = inbox.look(ctx)
    drops = seen.ready.get(partition, [])
    marks = state.drops if state else []
    # Files of a take that was killed before it could move them: kept already, and no new drop.
    left = [(drop, mark) for drop in drops for mark in marks if _same(drop, mark)]
    new = [drop for drop in drops if not any(_same(drop, mark) for mark in marks)]
    if state is not None and not new:
        of_this_run = state.run == ctx.run_id and bool(marks)
        if (
            left
            or of_this_run
            or (ctx.dataset.contract.source.kind == "inbox" and not _arriving(seen, partition))
        ):
            pieces = [replace(piece, path=None) for piece in kept.go_on_with(ctx, state)]
            moves = [(drop, str(mark["sha256"])) for drop, mark in left]
            return _Gathered(pieces, seen.notes, moves, marks)
    if not new:
        if ctx.dataset.contract.source.kind == "inbox":
            raise _nothing_dropped(ctx, _arriving(seen, partition))
        return None
    gathered = _Gathered([], seen.notes, [(drop, str(mark["sha256"])) for drop, mark in left])
    for number, drop in enumerate(new, 1):
        path = scratch / f"drop-{number}"
        sha256 = inbox.take(ctx, drop, path)
        piece = Piece(drop.name, sha256, drop.stat.size, "inbox", long_name=drop.name)
        what = f"{ctx.dataset.id}: file {number} of {len(new)} in the inbox"
        gathered.pieces.append(accepted(ctx, piece, path, what=what, must_be_zip=False, scratch=scratch))
        gathered.drops.append((drop, sha256))
        gathered.marks.append(drop.mark | {"sha256": sha256})
    return gathered


def _same(drop: inbox.Drop, mark: dict[str, object]) -> bool:
    return drop.mark == {key: value for key, value in mark.items() if key != "sha256"}


def _arriving(seen: inbox.Seen, partition: str) -> int:
    return seen.arriving.get(partition, 0)


def _nothing_dropped(ctx: Context, arriving: int) -> SourceError:
    if arriving:
        return SourceUnavailableError(
            f"{ctx.dataset.id}: {arriving} files in the inbox are still arriving",
            hint="wait until the copy has ended, or put a `.listo` marker beside each file",
        )
    return SourceError(
        f"{ctx.dataset.id}: the inbox holds no file for this partition",
        hint=f"drop the file into {inbox.folder(ctx)} of the private bucket",
    )


def _from_source(
    ctx: Context, partition: str, endpoint: Endpoint | None, state: State | None, scratch: Path
) -> _Gathered:
    source = ctx.dataset.contract.source
    notes = inbox.look(ctx).notes
    if isinstance(source, SqlSource):
        return _Gathered([_query(ctx, source, _needed(ctx, endpoint), scratch)], notes)
    if isinstance(source, CkanSource):
        from apertura.sources import over_ckan

        pieces = over_ckan.fetch_all(ctx, source, _needed(ctx, endpoint), partition, state, scratch)
    else:
        assert isinstance(source, HttpSource)  # noqa: S101 (the inbox kind never gets here)
        pieces = fetch_all(ctx, source, _needed(ctx, endpoint), partition, state, scratch)
    if pieces is not None:
        return _Gathered(pieces, notes)
    if state is None:
        raise SourceError(
            f"{ctx.dataset.id}: the source's index does not offer partition {partition}",
            hint="look at the landing page; when the file is there, drop it into the dataset's inbox",
        )
    notes.append("the source does not offer this partition any more; the kept extract goes on")
    return _Gathered([replace(piece, path=None) for piece in kept.go_on_with(ctx, state)], notes)


def _query(ctx: Context, source: SqlSource, endpoint: Endpoint, scratch: Path) -> Piece:
    from apertura.sources.sql import query_to_parquet  # SQLAlchemy and pyarrow, for these datasets only

    target = scratch / "query.parquet"
    what = f"{ctx.dataset.id}: connection {source.connection}"
    query_to_parquet(endpoint, ctx.dataset.extract_sql_path, source.parameters, target, what=what)
    return Piece(target.name, kept.digest(target), target.stat().st_size, "sql", path=target)


def _named_apart(ctx: Context, pieces: list[Piece]) -> list[Piece]:
    """Pieces by name. Where two have one name, all go by their longer names."""
    if _names_repeat(pieces):
        pieces = [replace(piece, name=piece.long_name or piece.name) for piece in pieces]
    if _names_repeat(pieces):
        raise SourceError(
            f"{ctx.dataset.id}: two of the {len(pieces)} files have the same name",
            hint="rename one of them, or mend the contract's list of files",
        )
    return sorted(pieces, key=lambda piece: piece.name)


def _names_repeat(pieces: list[Piece]) -> bool:
    return max(Counter(piece.name for piece in pieces).values(), default=0) > 1


def _dated(ctx: Context, pieces: list[Piece], state: State | None) -> list[Piece]:
    """Each piece with the time since when the source gives these bytes: as the state knows, else now."""
    since = {piece.sha256: piece.taken for piece in (state.pieces if state else [])}
    now = ctx.clock().astimezone(dt.UTC).isoformat()
    return [replace(piece, taken=since.get(piece.sha256) or now) for piece in pieces]


def _write_document(ctx: Context, partition: str, pieces: list[Piece]) -> str:
    fingerprint = partition_fingerprint(
        recipe(ctx.dataset, key_id(ctx)), [piece.sha256 for piece in pieces], extract_key(ctx)
    )
    work.put_document(
        ctx,
        "extract",
        partition,
        {
            "fingerprint": fingerprint,
            "partition": partition,
            "taken": max(piece.taken for piece in pieces),
            "files": [
                {"name": piece.name, "sha256": piece.sha256, "bytes": piece.bytes, "taken": piece.taken}
                for piece in pieces
            ],
        },
    )
    return fingerprint
