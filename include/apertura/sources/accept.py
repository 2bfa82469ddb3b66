"""Whether bytes that came can be the data at all: not empty, no error page, a sound archive if one is due."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from apertura.contract.intake import CkanSource, HttpSource
from apertura.errors import SourceError
from apertura.runs.context import Context
from apertura.sources.html_pages import refuse_page
from apertura.sources.kept import Piece, digest
from apertura.sources.zips import is_zip, take_member


def accepted(ctx: Context, piece: Piece, path: Path, *, what: str, must_be_zip: bool, scratch: Path) -> Piece:
    """The piece whose bytes are in `path`, unpacked into `scratch` if the contract says so; else SourceError.

    An operator may drop the archive as well as what was in it: then `must_be_zip` is false.
    """
    contract = ctx.dataset.contract
    source = contract.source
    formats: set[str] = {contract.reader.format}
    formats |= {layout.reader.format for layout in contract.layouts if layout.reader}
    formats |= {resource.reader.format for resource in contract.resources if resource.reader}
    _refuse_empty(piece, what)
    if (
        not isinstance(source, HttpSource | CkanSource)
        or source.unzip is None
        or not (must_be_zip or is_zip(path))
    ):
        refuse_page(path, formats, what=what)
        return replace(piece, path=path)
    refuse_page(path, {"zip"}, what=what)
    member = scratch / f"{path.name}.member"
    name = take_member(path, source.unzip, member, max_bytes=source.max_bytes, what=what)
    unpacked = replace(
        piece,
        name=name,
        long_name=f"{piece.long_name or piece.name}/{name}",
        sha256=digest(member),
        bytes=member.stat().st_size,
        path=member,
        unzip=source.unzip,
        archive_sha256=piece.sha256,
    )
    _refuse_empty(unpacked, what)
    refuse_page(member, formats, what=what)
    return unpacked


def _refuse_empty(piece: Piece, what: str) -> None:
    if piece.bytes == 0:
        raise SourceError(
            f"{what} is empty (0 bytes)",
            hint="open the landing page and see whether the file is whole there; ask the source, or drop the "
            "right file into the dataset's inbox",
        )
