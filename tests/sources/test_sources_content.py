"""Files with random names: subject and year are found in what the files hold, once per file."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError
from scripted import Source, make_endpoint, send, unless_same

from apertura import pipeline
from apertura.contract.check import check
from apertura.contract.intake import Partitions
from apertura.errors import SettingsError, SourceError
from apertura.runs.context import Context
from apertura.runs.work import get_document
from apertura.sources.content import partition_of_file
from apertura.sources.extract import extract, offered

MakeContext = Callable[..., Context]
DIVORCES_2012 = b"REG,EDAD\n2013,30\n2012,41\n2013,22\n"
DIVORCES_2020 = b"OCU,REG,EDAD\n2020,2021,30\n2020.0,2020,29\n,2021,28\n"
WEDDINGS_2020 = b"REG,EDAD,CLAUNI\n2020,30,1\n"
BY_CONTENT: dict[str, Any] = {
    "by": "year",
    "file": r".*\.csv",
    "key": "{anio}",
    "content": {"has": ["REG", "EDAD"], "lacks": ["CLAUNI"], "groups": {"anio": {"least": ["OCU", "REG"]}}},
}
INDEXED: dict[str, Any] = {
    "source": {"kind": "http", "connection": "prueba_http", "index": "./"},
    "partitions": BY_CONTENT,
}
DROPPED: dict[str, Any] = {"source": {"kind": "inbox"}, "partitions": BY_CONTENT}


def page(*names: str) -> bytes:
    return "".join(f'<a href="{name}">x</a>' for name in names).encode()


def drop(ctx: Context, name: str, data: bytes) -> Path:
    path = Path(urlsplit(ctx.private.url).path) / "inbox/prueba/datos" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    then = (ctx.clock() - dt.timedelta(seconds=500)).timestamp()
    os.utime(path, (then, then))
    return path


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (DIVORCES_2012, "2012"),
        (DIVORCES_2020, "2020"),
        (WEDDINGS_2020, None),
        (b"REG,SEXO\n2020,1\n", None),
        (b"REG,EDAD\n99,30\n", None),
        (b"REG,EDAD\ndos mil,30\n", None),
        (b"REG,EDAD\n", None),
        (b"\x00\x01\x02", None),
        (b"<html><table><tr><td>REG</td><td>EDAD</td></tr></table></html>", None),
    ],
)
def test_subject_and_year_are_in_the_file(
    make_dataset: Any, make_context: MakeContext, tmp_path: Path, content: bytes, key: str | None
) -> None:
    path = tmp_path / "QL4dMFKDwxMZ"
    path.write_bytes(content)
    ctx = make_context(make_dataset(**DROPPED))
    assert partition_of_file(ctx, "QL4dMFKDwxMZ.csv", path) == key
    assert partition_of_file(ctx, "QL4dMFKDwxMZ.pdf", path) is None


def test_an_index_of_random_names_offers_years_and_each_file_is_fetched_once_to_look(
    source: Source, make_dataset: Any, make_context: MakeContext
) -> None:
    dataset = make_dataset(**INDEXED)
    ctx, place = make_context(dataset), make_endpoint(source)
    source.script("/", send(200, page("Qx1.csv", "Za2.csv", "Ww3.csv", "leame.pdf")))
    source.script("/Qx1.csv", unless_same('"a"', DIVORCES_2020))
    source.script("/Za2.csv", unless_same('"b"', WEDDINGS_2020))
    source.script("/Ww3.csv", unless_same('"c"', DIVORCES_2012))
    assert offered(ctx, place) == ["2012", "2020"]
    assert offered(ctx, place) == ["2012", "2020"]
    assert [source.paths().count(f"/{name}.csv") for name in ("Qx1", "Za2", "Ww3")] == [1, 1, 1]
    assert "/leame.pdf" not in source.paths()
    extract(ctx, "2012", place)
    assert [one["name"] for one in get_document(ctx, "extract", "2012")["files"]] == ["Ww3.csv"]
    later = make_context(dataset, run_id="run-2")
    asked = len(source.asked)
    source.script("/Qx1.csv", send(200, DIVORCES_2020.replace(b"2020", b"2019"), ETag='"d"'))
    assert offered(later, place) == ["2012", "2019"], "a file that changed is looked into again"
    wanted = [headers.get("If-None-Match") for path, headers in source.asked[asked:] if path != "/"]
    assert sorted(map(str, wanted)) == ['"a"', '"b"', '"c"']


def test_a_file_that_cannot_be_had_does_not_hold_back_the_others(
    source: Source, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx, place = make_context(make_dataset(**INDEXED)), make_endpoint(source)
    source.script("/", send(200, page("Qx1.csv", "Ww3.csv")))
    source.script("/Ww3.csv", send(200, DIVORCES_2012))
    assert offered(ctx, place) == ["2012"]
    source.script("/Ww3.csv", send(200, WEDDINGS_2020))
    with pytest.raises(SourceError, match=r"file 1 of 2.*404") as raised:
        offered(make_context(make_dataset(**INDEXED), run_id="run-2"), place)
    assert "Qx1" not in str(raised.value)
    source.script("/Qx1.csv", send(200, WEDDINGS_2020))
    with pytest.raises(SourceError, match=r"none of the 2 files .* recognised by its content"):
        offered(make_context(make_dataset(**INDEXED), run_id="run-3"), place)


def test_dropped_files_are_recognised_and_others_stay_and_are_counted(
    make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**DROPPED))
    drop(ctx, "María Pérez.csv", DIVORCES_2012)
    drop(ctx, "otra cosa.csv", WEDDINGS_2020)
    assert offered(ctx, None) == ["2012"]
    result = extract(ctx, "2012", None)
    assert result.notes == ["1 files in the inbox have contents that mean no partition; they stay there"]
    assert [one["name"] for one in get_document(ctx, "extract", "2012")["files"]] == ["María Pérez.csv"]
    kept = [stat.key for stat in ctx.private.list("recognised/")]
    assert len(kept) == 2
    assert not any("Pérez" in key or "María" in key for key in kept)


def test_a_file_of_the_command_line_says_its_partition_itself(
    make_dataset: Any, make_context: MakeContext, tmp_path: Path
) -> None:
    ctx = make_context(make_dataset(**DROPPED))
    path = tmp_path / "Zz9.csv"
    path.write_bytes(WEDDINGS_2020)
    with pytest.raises(SettingsError, match="does not say which one"):
        pipeline.run(ctx, None, files=[path])


def test_what_no_reader_could_read_is_looked_into_again_with_another_one(
    make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**DROPPED))
    drop(ctx, "Qx1.csv", DIVORCES_2012.replace(b",", b"|"))
    assert offered(ctx, None) == []
    mended = make_dataset(**DROPPED | {"reader": {"format": "delimited", "separator": "|"}})
    assert offered(make_context(mended), None) == ["2012"]


@pytest.mark.parametrize(
    "content",
    [
        {"has": [], "groups": {"anio": {"least": ["REG"]}}},
        {"has": ["REG"], "groups": {}},
        {"has": ["REG"], "groups": {"anio": {"least": []}}},
        {"has": ["REG"], "groups": {"anio": {"most": ["REG"]}}},
    ],
)
def test_half_a_declaration_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Partitions.model_validate(BY_CONTENT | {"content": content})


def test_a_group_that_the_key_does_not_use_is_found(make_dataset: Any) -> None:
    groups = {"anio": {"least": ["REG"]}, "mes": {"least": ["MES"]}}
    dataset = make_dataset(
        **DROPPED | {"partitions": BY_CONTENT | {"content": {"has": ["REG"], "groups": groups}}}
    )
    found = [one.message for one in check(dataset, dt.date(2026, 6, 1)) if one.place == "partitions.content"]
    assert found == ["has a group that `partitions.key` does not use"]
