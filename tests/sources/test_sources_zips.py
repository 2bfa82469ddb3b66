"""A zip gives up exactly one sound, plain member; everything else about it is suspected."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apertura.errors import SourceError
from apertura.sources.zips import MAX_MEMBERS, is_zip, take_member

DATA = b"a|b\n" + os.urandom(3000).hex().encode()


def make(folder: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "archive.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return path


def take(archive: Path, pattern: str = "*.txt", max_bytes: int = 50_000_000) -> bytes:
    target = archive.with_name("member")
    name = take_member(archive, pattern, target, max_bytes=max_bytes, what="prueba/datos: file x")
    assert "/" not in name
    return target.read_bytes()


@given(data=st.binary(max_size=2000))
def test_the_member_comes_out_byte_for_byte(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("zip")
    assert take(make(folder, {"leame.pdf": b"x", "datos/web_imp_01012019.TXT": data})) == data


def test_the_pattern_is_of_the_whole_file_name(tmp_path: Path) -> None:
    archive = make(tmp_path, {"web_imp_01.txt": DATA, "old_web_imp_01.txt": b"x"})
    assert take(archive, "web_imp_*.txt") == DATA


@pytest.mark.parametrize(
    "members", [{"leame.pdf": b"x"}, {"a.txt": b"x", "b/c.txt": b"y"}, {}, {"datos.txt/": b""}]
)
def test_none_or_several_that_match_are_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    with pytest.raises(SourceError, match=r"match `\*.txt`, exactly one must"):
        take(make(tmp_path, members))


HOSTILE = [
    "/etc/passwd",
    "../datos.txt",
    "a/../../b.txt",
    "a\\b.txt",
    "C:/datos.txt",
    "a\nb.txt",
    "a\x00b.txt",
    "\x7f.txt",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_one_hostile_name_condemns_the_archive_and_is_not_repeated(tmp_path: Path, name: str) -> None:
    archive = make(tmp_path, {"datos.txt": DATA})
    hostile = zipfile.ZipInfo("x")
    hostile.filename = name  # its constructor would mend it
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(hostile, b"x")
    with pytest.raises(SourceError, match="1 members with dangerous names or links") as caught:
        take(archive)
    assert name not in str(caught.value)
    assert not (tmp_path / "member").exists()


def test_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    link = zipfile.ZipInfo("datos.txt")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(SourceError, match="dangerous names or links"):
        take(path)


def test_a_bomb_is_stopped_by_its_ratio(tmp_path: Path) -> None:
    archive = make(tmp_path, {"datos.txt": b"0" * 30_000_000})
    assert archive.stat().st_size < 100_000
    with pytest.raises(SourceError, match="200 times its packed size"):
        take(archive)
    assert not (tmp_path / "member").exists()


def test_a_text_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    rows = b"".join(b"%d|BANCO|01/02/2019\n" % n for n in range(60_000))
    assert take(make(tmp_path, {"datos.txt": rows})) == rows


def test_size_is_counted_not_believed(tmp_path: Path) -> None:
    archive = make(tmp_path, {"datos.txt": DATA}, zipfile.ZIP_STORED)
    with pytest.raises(SourceError, match="larger than 1000 bytes"):
        take(archive, max_bytes=1000)
    raw = bytearray(archive.read_bytes())
    central = raw.index(b"PK\x01\x02")
    raw[central + 24 : central + 28] = struct.pack("<I", 100)  # the directory says: 100 bytes unpacked
    archive.write_bytes(raw)
    with pytest.raises(SourceError, match="not a sound zip"):
        take(archive)


def test_a_wrong_checksum_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    archive = make(tmp_path, {"datos.txt": DATA}, zipfile.ZIP_STORED)
    raw = bytearray(archive.read_bytes())
    raw[raw.index(DATA) + 100] ^= 1
    archive.write_bytes(raw)
    with pytest.raises(SourceError, match="not a sound zip"):
        take(archive)
    assert not (tmp_path / "member").exists()


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    archive = make(tmp_path, {"datos.txt": DATA})
    raw = bytearray(archive.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(raw)
    with pytest.raises(SourceError, match="encrypted"):
        take(archive)


def test_an_unknown_way_of_packing_is_refused(tmp_path: Path) -> None:
    archive = make(tmp_path, {"datos.txt": DATA})
    raw = bytearray(archive.read_bytes())
    raw[8] = 99
    raw[raw.index(b"PK\x01\x02") + 10] = 99
    archive.write_bytes(raw)
    with pytest.raises(SourceError, match="not a sound zip"):
        take(archive)


@pytest.mark.parametrize("cut", [0, 10, 200, -30])
def test_a_truncated_or_wrong_zip_is_refused(tmp_path: Path, cut: int) -> None:
    archive = make(tmp_path, {"datos.txt": DATA})
    archive.write_bytes(archive.read_bytes()[:cut])
    with pytest.raises(SourceError, match="not a sound zip"):
        take(archive)


def test_a_zip_in_a_zip_stays_closed(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("datos.txt", DATA)
    with pytest.raises(SourceError, match="exactly one must"):
        take(make(tmp_path, {"inner.zip": inner.getvalue()}))


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    archive = make(tmp_path, {f"{n}.txt": b"" for n in range(MAX_MEMBERS + 1)}, zipfile.ZIP_STORED)
    with pytest.raises(SourceError, match=f"more than {MAX_MEMBERS}"):
        take(archive)


def test_a_zip_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    assert is_zip(make(tmp_path, {"a": b""}))
    assert is_zip(make(tmp_path, {}))
    text = tmp_path / "text.zip"
    text.write_bytes(b"PK is how this text begins")
    assert not is_zip(text)
