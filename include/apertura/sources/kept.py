"""What was taken: the bytes by SHA-256, and for each partition where they came from and since when.

Bytes lie at extracts/<institution>/<sha256[:2]>/<sha256>, the source's state at
sources/<institution>/<dataset>/<partition>.json. Both are in the private bucket.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from apertura.errors import AlreadyExistsError, SourceError
from apertura.runs.context import Context
from apertura.runs.failpoint import failpoint


@dataclass(frozen=True)
class Piece:
    """One file of an extract. `path` is where its bytes are now; None when they are kept already.

    `name` is what readers see, `long_name` stands in when two pieces have the same name. `unzip` is the
    pattern under which the member was taken from an archive, whose own digest is `archive_sha256`.
    `taken` is the ISO time at which the source switched to these bytes; empty while not known.
    """

    name: str
    sha256: str
    bytes: int
    origin: str
    path: Path | None = None
    long_name: str = ""
    url: str = ""
    etag: str | None = None
    last_modified: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    unzip: str | None = None
    archive_sha256: str | None = None
    taken: str = ""

    def to_json(self) -> dict[str, Any]:
        """Everything but the path on this worker."""
        return {key: value for key, value in asdict(self).items() if key != "path"}


@dataclass(frozen=True)
class State:
    """What a partition was last taken from. `drops` are the inbox files of that take, before unpacking."""

    run: str
    pieces: list[Piece]
    drops: list[dict[str, Any]] = field(default_factory=list)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def extract_key(ctx: Context, sha256: str) -> str:
    """Where the bytes of that digest are kept."""
    return f"extracts/{ctx.dataset.contract.institution}/{sha256[:2]}/{sha256}"


def is_kept(ctx: Context, sha256: str, size: int) -> bool:
    """Whether the bucket holds these bytes, whole."""
    found = ctx.private.stat(extract_key(ctx, sha256))
    return found is not None and found.size == size and found.sha256 in (None, sha256)


def keep(ctx: Context, piece: Piece, *, move: bool) -> None:
    """Keep a piece's bytes; what is there already and sound stays as it is. `move` may consume the file."""
    if piece.path is None or is_kept(ctx, piece.sha256, piece.bytes):
        return
    key = extract_key(ctx, piece.sha256)
    damaged = ctx.private.stat(key) is not None
    failpoint("extract.keep:before")
    # Another dataset of the institution may be given the same file at the same moment.
    with contextlib.suppress(AlreadyExistsError):
        ctx.private.upload(key, piece.path, sha256=piece.sha256, if_absent=not damaged, move=move)
    failpoint("extract.keep:after")


def state_key(ctx: Context, partition: str) -> str:
    """Where a partition's source state lies."""
    return f"sources/{ctx.dataset.id}/{partition}.json"


def load_state(ctx: Context, partition: str) -> State | None:
    """The state, None when this partition was never taken."""
    try:
        document = json.loads(ctx.private.get(state_key(ctx, partition)))
    except KeyError:
        return None
    return State(document["run"], [Piece(**entry) for entry in document["files"]], document["drops"])


def save_state(ctx: Context, partition: str, state: State) -> None:
    """Write the state over the last one."""
    document = {
        "partition": partition,
        "run": state.run,
        "files": [piece.to_json() for piece in state.pieces],
        "drops": state.drops,
    }
    failpoint("extract.state:before")
    ctx.private.put(
        state_key(ctx, partition), json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    )
    failpoint("extract.state:after")


def known_partitions(ctx: Context) -> list[str]:
    """Partitions that were taken before."""
    prefix = f"sources/{ctx.dataset.id}/"
    return sorted(stat.key.removeprefix(prefix).removesuffix(".json") for stat in ctx.private.list(prefix))


def go_on_with(ctx: Context, state: State) -> list[Piece]:
    """The pieces of a state; SourceError when the bucket no longer holds one of them."""
    gone = sum(not is_kept(ctx, piece.sha256, piece.bytes) for piece in state.pieces)
    if gone:
        raise SourceError(
            f"{ctx.dataset.id}: {gone} of {len(state.pieces)} kept extract files are gone and the "
            "source does not offer them any more",
            hint="drop the files into the dataset's inbox",
        )
    return state.pieces
