"""One writer for each kind of place in which a person's data could lie; each plants the fake victim there."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from apertura_demo.canary import default_canaries

PERSON = default_canaries().of("victima").person
NAME = PERSON.name


def parquet_value(path: Path) -> None:
    pq.write_table(pa.table({"n": ["x", NAME, None]}), path, compression="zstd")


def parquet_dictionary(path: Path) -> None:
    pq.write_table(pa.table({"n": pa.array(["x", NAME] * 9).dictionary_encode()}), path)


def parquet_integer(path: Path) -> None:
    pq.write_table(pa.table({"n": pa.array([1, int(PERSON.cui)])}), path, compression="zstd")


def parquet_decimal(path: Path) -> None:
    pq.write_table(pa.table({"n": pa.array([Decimal(PERSON.cui)])}), path, compression="zstd")


def parquet_nested(path: Path) -> None:
    pq.write_table(pa.table({"n": [{"a": [{"b": "x"}, {"b": NAME}]}]}), path, compression="zstd")


def parquet_binary(path: Path) -> None:
    pq.write_table(pa.table({"n": [zlib.compress(NAME.encode())]}), path, compression="zstd")


def parquet_column(path: Path) -> None:
    pq.write_table(pa.table({NAME: [1]}), path)


def parquet_metadata(path: Path) -> None:
    pq.write_table(
        pa.table({"n": [1]}).replace_schema_metadata({"nota": base64.b64encode(NAME.encode())}), path
    )


def parquet_statistics(path: Path) -> None:
    pq.write_table(pa.table({"n": [NAME, "a"]}), path, write_statistics=True)


def arrow_file(path: Path) -> None:
    table = pa.table({"n": ["x", NAME]})
    with pa.ipc.new_file(path, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as file:
        file.write_table(table)


def xlsx_cell(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["C7"] = NAME
    book.save(path)


def xlsx_sheet_name(path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet(PERSON.surname)
    book.save(path)


def xlsx_author(path: Path) -> None:
    book = openpyxl.Workbook()
    book.properties.creator = NAME
    book.save(path)


def xlsx_rich_text(path: Path) -> None:
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    book = openpyxl.Workbook()
    half = len(PERSON.surname) // 4
    book.active["A1"] = CellRichText(
        PERSON.surname[:half], TextBlock(InlineFont(b=True), PERSON.surname[half:])
    )
    book.save(path)


def zip_member(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", f"hola {NAME}")


def zip_member_name(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"expediente {NAME}.txt", "nada")


def zip_in_zip(path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", NAME * 3)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in.zip", inner.getvalue())


def parquet_in_zip(path: Path) -> None:
    inner = io.BytesIO()
    pq.write_table(pa.table({"n": [NAME]}), inner, compression="zstd")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", inner.getvalue())


def tar_gz(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("x.log")
        info.size = len(NAME.encode())
        archive.addfile(info, io.BytesIO(NAME.encode()))


def gzip_stream(path: Path) -> None:
    path.write_bytes(gzip.compress(b"first member") + gzip.compress(NAME.encode()))


def zlib_stream(path: Path) -> None:
    path.write_bytes(zlib.compress(NAME.encode()))


def bzip2_stream(path: Path) -> None:
    path.write_bytes(bz2.compress(NAME.encode()))


def xz_stream(path: Path) -> None:
    path.write_bytes(lzma.compress(NAME.encode()))


def zstd_stream(path: Path) -> None:
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(NAME.encode())


def html_with_tags(path: Path) -> None:
    first, second = PERSON.surname.split()
    path.write_text(f"<td>{first[:4]}<b>{first[4:]}</b></td><td title='x'>{second}</td>")


def headers_as_json(path: Path) -> None:
    path.write_text(json.dumps({"headers": {"X-Responsable": NAME}}))


def split_by_window(path: Path) -> None:
    path.write_bytes(b"z " * ((1 << 21) - 8) + NAME.encode() + b" z" * 5000)


def sqlite_with(statement: str, value: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        database = sqlite3.connect(path)
        database.execute('CREATE TABLE "xcom ""x" (id INTEGER, value)')
        database.execute(f'INSERT INTO "xcom ""x" VALUES (1, {statement})', (value,))
        database.commit()
        database.close()

    return write


def sqlite_deleted_row(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA secure_delete = OFF")
    database.execute("CREATE TABLE t (value TEXT)")
    database.execute("INSERT INTO t VALUES (?)", (f"borrado {NAME}",))
    database.commit()
    database.execute("DELETE FROM t")
    database.commit()
    database.close()


def sqlite_wal(path: Path) -> None:
    code = (
        "import os, sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('PRAGMA journal_mode=WAL');"
        "d.execute('CREATE TABLE t (v)'); d.execute('INSERT INTO t VALUES (?)', (sys.argv[2],));"
        "d.commit(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path), NAME], check=True)


def file_name(path: Path) -> None:
    path.with_name(f"padron {PERSON.surname}.csv").write_text("nada")
    path.write_text("nada")


def folder_name(path: Path) -> None:
    path.mkdir()
    (path / base64.urlsafe_b64encode(NAME.encode()).decode()).mkdir()


def link_target(path: Path) -> None:
    path.symlink_to(f"/nowhere/{PERSON.surname.replace(' ', '_')}")


PLACES = {
    "parquet value": parquet_value,
    "parquet dictionary": parquet_dictionary,
    "parquet integer": parquet_integer,
    "parquet decimal": parquet_decimal,
    "parquet nested": parquet_nested,
    "parquet compressed blob": parquet_binary,
    "parquet column name": parquet_column,
    "parquet metadata": parquet_metadata,
    "parquet statistics": parquet_statistics,
    "arrow": arrow_file,
    "xlsx cell": xlsx_cell,
    "xlsx sheet name": xlsx_sheet_name,
    "xlsx author": xlsx_author,
    "xlsx rich text": xlsx_rich_text,
    "zip member": zip_member,
    "zip member name": zip_member_name,
    "zip in zip": zip_in_zip,
    "parquet in zip": parquet_in_zip,
    "tar.gz": tar_gz,
    "gzip": gzip_stream,
    "zlib": zlib_stream,
    "bzip2": bzip2_stream,
    "xz": xz_stream,
    "zstd": zstd_stream,
    "html": html_with_tags,
    "http headers": headers_as_json,
    "end of a window": split_by_window,
    "sqlite text": sqlite_with("?", f"x {NAME}"),
    "sqlite integer": sqlite_with("?", int(PERSON.cui)),
    "sqlite json": sqlite_with("?", json.dumps({"a": [NAME]})),
    "sqlite pickle": sqlite_with("?", pickle.dumps({"a": [NAME]})),
    "sqlite compressed blob": sqlite_with("?", zlib.compress(pickle.dumps([NAME] * 9))),
    "sqlite base64 blob": sqlite_with("?", base64.b64encode(pickle.dumps([NAME]))),
    "sqlite long text": sqlite_with("?", "y" * 20_000 + NAME + "y" * 20_000),
    "sqlite deleted row": sqlite_deleted_row,
    "sqlite write-ahead log": sqlite_wal,
    "file name": file_name,
    "folder name": folder_name,
    "link target": link_target,
}
