"""An index page offers the plain file names of its own folder; the contract says which of them are data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apertura.contract import Dataset
from apertura.errors import ContractError, SourceError
from apertura.sources.index import chosen, declared_url, is_plain_name, linked_names, partition_of

URL = "http://h.example/sat/index.html"


def linked(folder: Path, *hrefs: str, head: str = "") -> list[str]:
    page = folder / "index.html"
    links = "".join(f'<a href="{href}">x</a>' for href in hrefs)
    page.write_text(f"<html><head>{head}</head><body><ul>{links}</ul>", encoding="utf-8")
    return linked_names(page, URL, what="prueba/datos: its index")


def test_links_to_the_same_folder_are_found_once_and_sorted(tmp_path: Path) -> None:
    hrefs = ["b.txt", "./a.txt", "/sat/c%20%C3%B1.txt", "http://h.example/sat/b.txt#top", " d.txt "]
    assert linked(tmp_path, *hrefs) == ["a.txt", "b.txt", "c ñ.txt", "d.txt"]


@pytest.mark.parametrize(
    "href",
    [
        "../a.txt",
        "otra/a.txt",
        "/a.txt",
        "http://otro.example/sat/a.txt",
        "https://h.example/sat/a.txt",
        "http://u:p@h.example/sat/a.txt",
        "http://h.example:81/sat/a.txt",
        "a.txt?sesion=1",
        "mailto:ana@h.example",
        "javascript:void(0)",
        "http://[::1/a.txt",
        "/sat/",
        "..%2fa.txt",
        "..%5ca.txt",
        "a%00.txt",
        "a%0a.txt",
        "%ff.txt",
        ".htaccess",
        "a%E2%80%AEtxt",
        "a" * 300,
    ],
)
def test_everything_else_is_left_out(tmp_path: Path, href: str) -> None:
    assert linked(tmp_path, href, "bueno.txt") == ["bueno.txt"]


def test_the_pages_own_base_counts(tmp_path: Path) -> None:
    assert linked(tmp_path, "a.txt", head='<base href="/otra/">') == []
    assert linked(tmp_path, "sat/a.txt", head='<base href="/">') == ["a.txt"]


@pytest.mark.parametrize("page", [b"", b"   "])
def test_an_empty_page_is_an_error(tmp_path: Path, page: bytes) -> None:
    path = tmp_path / "index.html"
    path.write_bytes(page)
    with pytest.raises(SourceError, match="no HTML page"):
        linked_names(path, URL, what="prueba/datos: its index")


@given(st.text(max_size=40))
def test_a_plain_name_never_leads_anywhere_else(name: str) -> None:
    if is_plain_name(name):
        assert Path("/folder", name).parent == Path("/folder")
        assert Path("/folder", name).name == name
        assert name.isprintable() or " " in name or any(ord(c) > 127 for c in name)


def test_declared_paths_are_encoded_once() -> None:
    base = "http://h.example/mineduc/"
    assert declared_url(base, "ALTA VERAPAZ.xls") == base + "ALTA%20VERAPAZ.xls"
    assert declared_url(base, "ALTA%20VERAPAZ.xls") == base + "ALTA%20VERAPAZ.xls"
    assert declared_url(base, "año/x.php?dep=01&t=ñ") == base + "a%C3%B1o/x.php?dep=01&t=%C3%B1"


def monthly(make_dataset: Any, **changes: str) -> Dataset:
    partitions = {
        "by": "month",
        "file": r"web_imp_(?P<dia>\d{2})(?P<mes>\d{2})(?P<anio>\d{4})\.txt",
        "key": "{anio}-{mes}",
    } | changes
    return make_dataset(
        source={"kind": "http", "connection": "prueba_http", "index": "./"}, partitions=partitions
    )


def test_a_files_name_means_a_partition(make_dataset: Any) -> None:
    contract = monthly(make_dataset).contract
    assert partition_of(contract, "web_imp_08022019.txt") == "2019-02"
    assert partition_of(contract, "web_imp_08132019.txt") is None
    assert partition_of(contract, "web_imp_08022019.txt.bak") is None
    assert partition_of(contract, "leame.pdf") is None


def test_several_files_may_be_one_partition_and_others_are_passed_over(make_dataset: Any) -> None:
    names = ["leame.pdf", "web_imp_01022019.txt", "web_imp_08022019.txt", "web_imp_08032019.txt"]
    assert chosen(monthly(make_dataset).contract, names, None) == {
        "2019-02": names[1:3],
        "2019-03": names[3:],
    }


def test_an_index_without_a_file_we_know_is_an_error_that_quotes_no_name(make_dataset: Any) -> None:
    with pytest.raises(SourceError, match=r"none of the 1 files .* partition YYYY-MM") as caught:
        chosen(monthly(make_dataset).contract, ["Juan Perez.txt"], None)
    assert "Juan" not in str(caught.value)


@pytest.mark.parametrize("changes", [{"file": "web_("}, {"key": "{año}"}, {"key": "{0}"}, {"key": "{anio"}])
def test_patterns_that_cannot_work_are_the_contracts_fault(
    make_dataset: Any, changes: dict[str, str]
) -> None:
    with pytest.raises(ContractError, match="partitions"):
        partition_of(monthly(make_dataset, **changes).contract, "web_imp_08022019.txt")
