"""Fetching a file: whole, with its digest, again only when it changed, and never more than is allowed."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from scripted import DATA, Source, drip, get, send, unless_same

from apertura.errors import SourceError
from apertura.sources.endpoint import Endpoint


def test_a_file_arrives_whole_with_its_digest_and_headers(
    source: Source, endpoint: Endpoint, tmp_path: Path
) -> None:
    source.script(
        "/x", send(200, DATA, ETag='"1"', Last_Modified="Mon, 05 Jan 2026 00:00:00 GMT", Set_Cookie="a=b")
    )
    answer = get(endpoint, "x", tmp_path)
    assert (tmp_path / "taken").read_bytes() == DATA
    assert (answer.sha256, answer.bytes) == (hashlib.sha256(DATA).hexdigest(), len(DATA))
    assert answer.headers["etag"] == '"1"'
    assert "set-cookie" not in answer.headers
    get(endpoint, "x", tmp_path)
    assert "Cookie" not in source.asked[1][1]
    assert source.asked[0][1]["User-Agent"] == endpoint.user_agent


def test_a_304_writes_nothing_and_a_changed_etag_fetches_again(
    source: Source, endpoint: Endpoint, tmp_path: Path
) -> None:
    source.script("/x", unless_same('"1"', DATA))
    assert get(endpoint, "x", tmp_path, etag='"1"').not_modified
    assert not (tmp_path / "taken").exists()
    source.script("/x", unless_same('"2"', DATA))
    assert not get(endpoint, "x", tmp_path, etag='"1"').not_modified


def test_last_modified_is_asked_back(source: Source, endpoint: Endpoint, tmp_path: Path) -> None:
    source.script("/x", send(304))
    when = "Mon, 05 Jan 2026 00:00:00 GMT"
    assert get(endpoint, "x", tmp_path, last_modified=when).not_modified
    assert source.asked[0][1]["If-Modified-Since"] == when


def test_a_304_that_nobody_asked_for_is_an_error(source: Source, endpoint: Endpoint, tmp_path: Path) -> None:
    source.script("/x", send(304))
    with pytest.raises(SourceError, match="answers 304"):
        get(endpoint, "x", tmp_path)


def test_a_body_without_end_stops_at_the_limit(source: Source, endpoint: Endpoint, tmp_path: Path) -> None:
    source.script("/x", drip(source.closed, b"1" * 60_000, 0))
    with pytest.raises(SourceError, match="larger than 200000 bytes") as caught:
        get(endpoint, "x", tmp_path, max_bytes=200_000)
    assert not caught.value.retryable
    assert (tmp_path / "taken").stat().st_size <= 200_000


def test_a_length_over_the_limit_is_refused_before_reading(
    source: Source, endpoint: Endpoint, tmp_path: Path
) -> None:
    source.script("/x", send(200, b"", Content_Length="200001"))
    with pytest.raises(SourceError, match="larger than 200000 bytes"):
        get(endpoint, "x", tmp_path, max_bytes=200_000)
    assert not (tmp_path / "taken").exists()


def test_the_limit_holds_for_what_a_compressed_body_unpacks_to(
    source: Source, endpoint: Endpoint, tmp_path: Path
) -> None:
    source.script("/x", send(200, gzip.compress(DATA), Content_Encoding="gzip"))
    assert get(endpoint, "x", tmp_path).sha256 == hashlib.sha256(DATA).hexdigest()
    with pytest.raises(SourceError, match="larger than 50000 bytes"):
        get(endpoint, "x", tmp_path, max_bytes=50_000)
