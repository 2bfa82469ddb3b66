"""One member of a zip, taken safely: names are judged, sizes are counted while unpacking, the CRC is checked.

Nothing that the archive's headers say about sizes is believed, and no name of it is used as a path.
"""

from __future__ import annotations

import fnmatch
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from apertura.errors import SourceError

MAX_RATIO = 200
"""Unpacked bytes for each packed one: text tables reach 10 to 30, a bomb 1,000."""
MAX_MEMBERS = 10_000
FREE_BYTES = 1 << 20
"""The first megabyte is not measured against the ratio: tiny members compress by headers alone."""
CHUNK = 1 << 16
SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")


def is_zip(path: Path) -> bool:
    """Whether the file begins as a zip does."""
    with path.open("rb") as file:
        return file.read(4) in SIGNATURES


def take_member(archive: Path, pattern: str, target: Path, *, max_bytes: int, what: str) -> str:
    """Unpack the one member whose file name matches `pattern` (`*.txt`) into `target`; returns its file name.

    `what` names the archive in messages. Raises SourceError for everything that is not exactly one sound,
    plain, unencrypted member of at most `max_bytes`; `target` is then removed.
    """
    reason = ""
    try:
        with zipfile.ZipFile(archive) as opened:
            member = _choose(opened, pattern, what)
            _unpack(opened, member, target, _limit(member, archive, max_bytes, what))
    except SourceError as error:
        refused = error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError) as error:
        reason = f"is not a sound zip ({type(error).__name__})"
    else:
        return PurePosixPath(member.filename).name
    target.unlink(missing_ok=True)
    if reason:
        refused = SourceError(
            f"{what} {reason}",
            hint="open the landing page and see what is offered there; download it again or ask the source",
        )
    raise refused


def _choose(opened: zipfile.ZipFile, pattern: str, what: str) -> zipfile.ZipInfo:
    members = opened.infolist()
    if len(members) > MAX_MEMBERS:
        raise SourceError(f"{what} holds {len(members)} members, more than {MAX_MEMBERS}", hint=_HINT_ASK)
    hostile = sum(_is_hostile(member) for member in members)
    if hostile:
        raise SourceError(
            f"{what} holds {hostile} members with dangerous names or links",
            hint="an honest archive has none: do not open it, ask the source",
        )
    fitting = [
        member
        for member in members
        if not member.is_dir()
        and fnmatch.fnmatchcase(PurePosixPath(member.filename).name.casefold(), pattern.casefold())
    ]
    if len(fitting) != 1:
        raise SourceError(
            f"{what}: {len(fitting)} of its {len(members)} members match `{pattern}`, exactly one must",
            hint="mend `source.unzip` in the contract, or the source offers another file than it used to",
        )
    if fitting[0].flag_bits & 0x1:
        raise SourceError(f"{what}: the member is encrypted", hint=_HINT_ASK)
    return fitting[0]


_HINT_ASK = "ask the source for a plain archive with the data alone"


def _is_hostile(member: zipfile.ZipInfo) -> bool:
    """Absolute, climbing, with backslash, drive or control characters, or no plain file or folder."""
    name = member.orig_filename
    mode = member.external_attr >> 16
    kind = stat.S_IFMT(mode)
    return (
        not name
        or name.startswith("/")
        or name[1:2] == ":"
        or "\\" in name
        or ".." in name.split("/")
        or any(ord(character) < 32 or ord(character) == 127 for character in name)
        or kind not in (0, stat.S_IFREG, stat.S_IFDIR)
    )


def _limit(member: zipfile.ZipInfo, archive: Path, max_bytes: int, what: str) -> _Limit:
    packed = min(member.compress_size, archive.stat().st_size)
    return _Limit(max_bytes, FREE_BYTES + packed * MAX_RATIO, what)


class _Limit:
    """Counts unpacked bytes; SourceError at the first one too many."""

    def __init__(self, max_bytes: int, bomb_bytes: int, what: str) -> None:
        self._count = 0
        self._max_bytes = max_bytes
        self._bomb_bytes = bomb_bytes
        self._what = what

    def add(self, count: int) -> None:
        self._count += count
        if self._count > self._max_bytes:
            raise SourceError(
                f"{self._what}: the member is larger than {self._max_bytes} bytes",
                hint="if that is right, raise `source.max_bytes` in the contract",
            )
        if self._count > self._bomb_bytes:
            raise SourceError(
                f"{self._what}: the member unpacks to more than {MAX_RATIO} times its packed size",
                hint="that is a zip bomb, not data: do not open it, ask the source",
            )


def _unpack(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limit: _Limit) -> None:
    """Stream the member; zipfile raises BadZipFile at the end when the CRC is not the member's."""
    with opened.open(member) as packed, target.open("wb") as unpacked:
        while chunk := packed.read(CHUNK):
            limit.add(len(chunk))
            unpacked.write(chunk)
