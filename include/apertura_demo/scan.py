"""Searches files for canaries: opens Parquet, Arrow, zip, XLSX, tar, gzip, zstd and SQLite, and decodes.

What cannot be opened is a finding too: a scan that skips is no proof. Findings name the file and the
needle's id, never the value; a file whose own name holds a needle is named by its folder.
"""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import lzma
import sqlite3
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apertura_demo.canary import Canaries
from apertura_demo.views import Searcher

if TYPE_CHECKING:
    import pyarrow as pa

MAX_UNPACKED = 1 << 30
"""Bytes that one compressed stream may unpack to; more is reported as unreadable."""
MAX_DEPTH = 5
UNREADABLE = "unreadable"


@dataclass(frozen=True, order=True)
class Finding:
    """A needle in a place. `needle` is its id, or `unreadable`; `where` a table, a member's place, a name."""

    path: str
    where: str
    needle: str

    def __str__(self) -> str:
        return f"{self.path}: {self.needle} in {self.where}"


def scan(paths: list[Path], canaries: Canaries) -> list[Finding]:
    """All findings in files and in all files of folders, hidden ones too, in order of name.

    Raises FileNotFoundError for a path that does not exist: nothing scanned must not look like nothing found.
    """
    searcher = Searcher(canaries.needles)
    findings: set[Finding] = set()
    seen: dict[bytes, list[tuple[str, str]]] = {}
    for root in paths:
        if not root.exists():
            raise FileNotFoundError(root)
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for path in files:
            label = path.relative_to(root).as_posix() if root.is_dir() else path.name
            hidden = searcher.in_text(label)
            shown = _withheld(searcher, root, path) if hidden else str(path)
            findings |= {Finding(shown, "its name", needle) for needle in hidden}
            if path.is_symlink():
                findings |= {Finding(shown, "its target", n) for n in searcher.in_text(str(path.readlink()))}
            elif path.is_file():
                findings |= {Finding(shown, *found) for found in _in_file(searcher, path, seen)}
    return sorted(findings)


def _withheld(searcher: Searcher, root: Path, path: Path) -> str:
    """The nearest folder whose name may be told, and the file's place in it."""
    folder = path.parent
    while folder != root and root in folder.parents and searcher.in_text(folder.relative_to(root).as_posix()):
        folder = folder.parent
    files = sorted(folder.rglob("*"))
    return f"{folder}/(name withheld, no. {files.index(path) + 1} below)"


def _in_file(
    searcher: Searcher, path: Path, seen: dict[bytes, list[tuple[str, str]]]
) -> list[tuple[str, str]]:
    """(where, needle) of a file on disk; equal files (a release and `latest`) are searched once."""
    try:
        data = path.read_bytes()
    except OSError:
        return [("file", UNREADABLE)]
    if data.startswith(b"SQLite format 3\0"):
        # Not by its bytes alone: the newest rows may lie in the write-ahead log beside it.
        return [*_plain(searcher, data, "database pages"), *_in_sqlite(searcher, path)]
    digest = hashlib.sha256(data).digest()
    if digest not in seen:
        seen[digest] = list(_in_data(searcher, data, "content", MAX_DEPTH))
    return seen[digest]


def _plain(searcher: Searcher, data: bytes, where: str) -> Iterator[tuple[str, str]]:
    for needle in sorted(searcher.in_bytes(data)):
        yield where, needle


def _in_data(searcher: Searcher, data: bytes, where: str, depth: int) -> Iterator[tuple[str, str]]:
    """(where, needle) of some bytes: as they are, and of what they unpack to."""
    yield from _plain(searcher, data, where)
    if depth == 0:
        yield where, UNREADABLE
        return
    try:
        if data.startswith(b"PAR1"):
            yield from _in_parquet(searcher, data, where)
        elif data.startswith(b"ARROW1"):
            yield from _in_arrow(searcher, data, where)
        elif data.startswith(b"PK\x03\x04"):
            yield from _in_zip(searcher, data, where, depth)
        elif data[257:262] == b"ustar":
            yield from _in_tar(searcher, data, where, depth)
        elif data.startswith(b"SQLite format 3\0"):
            with tempfile.NamedTemporaryFile() as copy:
                copy.write(data)
                copy.flush()
                for inside, needle in _in_sqlite(searcher, Path(copy.name)):
                    yield f"{where}, {inside}", needle
        elif (unpacked := _unpack(data)) is not None:
            yield from _in_data(searcher, unpacked, f"{where}, unpacked", depth - 1)
    except Exception:
        # Whatever a damaged file does to a library, the answer is the same, and its text may quote values.
        yield where, UNREADABLE


def _unpack(data: bytes) -> bytes | None:
    """What a compressed stream holds; None when it is none. ValueError when it is too large or broken."""
    if data.startswith(b"\x1f\x8b"):
        return _limited(zlib.decompressobj(31), data)
    if data[:1] == b"\x78" and len(data) > 6 and int.from_bytes(data[:2], "big") % 31 == 0:
        try:
            return _limited(zlib.decompressobj(), data)
        except (zlib.error, EOFError):
            return None  # two bytes are no proof: ordinary text may begin with an x too
    if data.startswith(b"BZh"):
        return _limited(bz2.BZ2Decompressor(), data)
    if data.startswith(b"\xfd7zXZ\0"):
        return _limited(lzma.LZMADecompressor(), data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa

        with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
            unpacked: bytes = stream.read(MAX_UNPACKED + 1)
        if len(unpacked) > MAX_UNPACKED:
            raise ValueError("too large")
        return unpacked
    return None


def _limited(stream: zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor, data: bytes) -> bytes:
    unpacked = stream.decompress(data, MAX_UNPACKED)
    if not stream.eof:
        raise EOFError("cut off, or too large")
    # Several gzip members, or bytes after the end: logs that rotate are written so.
    rest = stream.unused_data
    return unpacked + (_unpack(rest) or rest) if rest else unpacked


def _in_zip(searcher: Searcher, data: bytes, where: str, depth: int) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield from _plain(searcher, archive.comment, f"{where}, comment")
        if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
            raise ValueError("too large")
        for number, info in enumerate(archive.infolist(), start=1):
            member = f"{where}, member {number}"
            yield from _plain(searcher, info.filename.encode() + b"\n" + info.comment, f"{member}, name")
            yield from _in_data(searcher, archive.read(info), member, depth - 1)


def _in_tar(searcher: Searcher, data: bytes, where: str, depth: int) -> Iterator[tuple[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for number, info in enumerate(archive, start=1):
            member = f"{where}, member {number}"
            yield from _plain(searcher, f"{info.name}\n{info.linkname}".encode(), f"{member}, name")
            if (file := archive.extractfile(info)) is not None:
                yield from _in_data(searcher, file.read(), member, depth - 1)


def _in_parquet(searcher: Searcher, data: bytes, where: str) -> Iterator[tuple[str, str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(data))
    metadata = {**(file.metadata.metadata or {}), **(file.schema_arrow.metadata or {})}
    for key, value in metadata.items():
        yield from _plain(searcher, key + b"\n" + value, f"{where}, metadata")
    yield from _plain(searcher, "\n".join(file.schema_arrow.names).encode(), f"{where}, column names")
    for batch in file.iter_batches():
        yield from _in_batch(searcher, batch, where)


def _in_arrow(searcher: Searcher, data: bytes, where: str) -> Iterator[tuple[str, str]]:
    import pyarrow as pa

    with pa.ipc.open_file(pa.BufferReader(data)) as file:
        for number in range(file.num_record_batches):
            yield from _in_batch(searcher, file.get_batch(number), where)


def _in_batch(searcher: Searcher, batch: pa.RecordBatch, where: str) -> Iterator[tuple[str, str]]:
    """Every column of a pyarrow RecordBatch, whatever its type, value by value as text."""
    from pyarrow.types import is_nested

    for number, column in enumerate(batch.columns, start=1):
        values = column.unique() if not is_nested(column.type) else column
        yield from _plain(searcher, _as_bytes(values.to_pylist()), f"{where}, column {number}")


def _as_bytes(values: list[object]) -> bytes:
    """Values one a line; what is neither text nor bytes as JSON, or as Python prints it."""
    lines = []
    for value in values:
        if isinstance(value, bytes):
            lines.append(value)
            if (unpacked := _unpack_quietly(value)) is not None:
                lines.append(unpacked)
        elif isinstance(value, str):
            lines.append(value.encode("utf-8", "surrogatepass"))
        elif value is not None:
            lines.append(json.dumps(value, ensure_ascii=False, default=str).encode())
    return b"\n".join(lines)


def _unpack_quietly(value: bytes) -> bytes | None:
    try:
        return _unpack(value)
    except Exception:
        return None  # the bytes themselves are searched; that they look like gzip is chance


def _in_sqlite(searcher: Searcher, path: Path) -> Iterator[tuple[str, str]]:
    """Every column of every table, blobs unpacked; the schema's own text."""
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        database.text_factory = bytes
        try:
            schema = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            yield from _plain(searcher, b"\n".join(sql for *_, sql in schema if sql), "schema")
            tables = [name.decode() for kind, name, _ in schema if kind == b"table"]
            for number, table in enumerate(tables, start=1):
                quoted = table.replace('"', '""')
                label = table if not searcher.in_text(table) else f"no. {number}"
                rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 (a name of the schema)
                while block := rows.fetchmany(2000):
                    for column, values in enumerate(zip(*block, strict=True), start=1):
                        where = f"table {label}, column {column}"
                        yield from _plain(searcher, _as_bytes(list(values)), where)
        finally:
            database.close()
    except (sqlite3.Error, UnicodeDecodeError):
        yield "database", UNREADABLE
