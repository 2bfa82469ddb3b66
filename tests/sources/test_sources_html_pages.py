"""An HTML page where data was expected is recognised, and data is not taken for a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from apertura.errors import SourceError
from apertura.sources.html_pages import refuse_page

PAGES = [
    b"<!DOCTYPE html><p>Error",
    b"\n\n  <html><body>Mantenimiento",
    b"\xef\xbb\xbf<HTML lang=es>",
    b'<?xml version="1.0"?>\n<!-- <csv> -->\n<!doctype HTML>',
    "\ufeff<html>".encode("utf-16-le"),
    "\ufeff<html>".encode("utf-16-be"),
    b"<head><title>Sesi\xf3n</title>",
    b"<script>location='/login'</script>",
]
DATA = [
    b"valor\n1\n",
    b"valor,nota\n1,<html>\n",
    b"<htmlish>,x\n",
    b'<?xml version="1.0"?><datos/>',
    b"PK\x03\x04",
    b"",
    b"{}",
    "valor\n<html>".encode("utf-16"),
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_no_data(tmp_path: Path, page: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(page)
    with pytest.raises(SourceError, match="an HTML page, not the data"):
        refuse_page(path, {"delimited"}, what="prueba/datos: file x")


@pytest.mark.parametrize("data", DATA)
def test_data_is_no_page(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    refuse_page(path, {"delimited"}, what="prueba/datos: file x")


@pytest.mark.parametrize("padding", [0, 3000, (1 << 20) - 3])
def test_a_page_with_a_table_is_data_for_the_html_reader(tmp_path: Path, padding: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"<html>" + b" " * padding + b"<TABLE><tr>")
    refuse_page(path, {"html-table"}, what="prueba/datos: file x")
    refuse_page(path, {"html-table", "delimited"}, what="prueba/datos: file x")


def test_a_page_without_table_is_none_for_the_html_reader_either(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"<html><p>Servicio no disponible")
    for formats in ({"html-table"}, {"html-table", "delimited"}):
        with pytest.raises(SourceError, match="no HTML table"):
            refuse_page(path, formats, what="prueba/datos: file x")


def test_where_a_layout_is_text_a_text_file_passes(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"valor\n1\n")
    refuse_page(path, {"html-table", "delimited"}, what="prueba/datos: file x")
    with pytest.raises(SourceError, match="no HTML table"):
        refuse_page(path, {"html-table"}, what="prueba/datos: file x")
