"""Which keys are refused, and what content type a key has."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apertura.errors import SettingsError, StorageError
from apertura.storage import open_bucket
from apertura.storage.keys import check_key, check_prefix, content_type

HOSTILE = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "../a",
    "a/../b",
    "a/..",
    "./a",
    "a/./b",
    "a//b",
    "a/",
    "//a",
    "a\\b",
    "..\\a",
    ".hidden",
    "a/.bucket/b",
    ".bucket/tmp/x",
    "a\0b",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "a\u200bb",
    "a\u202eb",
    "a\u2028b",
    "cafe\u0301.csv",
    "a\ud800b",
    "x" * 256,
    "/".join(["x" * 100] * 11),
]


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_are_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(StorageError) as caught:
        check_key(key)
    if len(key) > 3:
        assert key not in str(caught.value)


@given(
    st.text(max_size=40),
    st.sampled_from(["../", "/", "a//", "./", ".x/", "a\\", "\n", "\0"]),
    st.text(max_size=40),
)
def test_no_text_around_a_hostile_piece_makes_it_pass(before: str, piece: str, after: str) -> None:
    assume(not (piece.startswith((".", "/")) and before and not before.endswith("/")))
    with pytest.raises(StorageError):
        check_key(before + piece + after)


@given(st.text(alphabet=st.characters(categories=("L", "Nd")), min_size=1, max_size=20))
def test_plain_names_pass_and_stay_as_they_are(name: str) -> None:
    name = unicodedata.normalize("NFC", name)
    assert check_key(f"datos/{name}/{name}.csv") == f"datos/{name}/{name}.csv"


def test_a_prefix_may_end_in_a_slash_or_in_the_middle_of_a_name() -> None:
    for prefix in ("", "a/", "a/b", "2024-0"):
        assert check_prefix(prefix) == prefix
    for prefix in ("/", "../", "a//", "a/../", "a\n"):
        with pytest.raises(StorageError):
            check_prefix(prefix)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a/b.csv", "text/csv; charset=utf-8"),
        ("a/B.CSV", "text/csv; charset=utf-8"),
        ("latest.json", "application/json"),
        ("x.xml", "application/xml"),
        ("x.parquet", "application/vnd.apache.parquet"),
        ("x.html", "text/html; charset=utf-8"),
        ("x.svg", "image/svg+xml"),
        ("v/SHA256SUMS", "text/plain; charset=utf-8"),
        ("feed.atom", "application/atom+xml"),
        ("a.csv/data", "application/octet-stream"),
        ("csv", "application/octet-stream"),
        ("x.weird", "application/octet-stream"),
    ],
)
def test_content_type_follows_the_suffix(key: str, expected: str) -> None:
    assert content_type(key) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/plain/path",
        "file://",
        "file:///",
        "file://otherhost/a",
        "file:relative",
        "file:///a%00b",
        "file://[a",
        "http://x/y",
        "s3://",
        "s3://UPPER/x",
        "s3://b",
        "s3://bucket/../x",
        "s3://bucket/a//b",
        "s3://key:topsecret@bucket/x",
        "s3://bucket/x?token=topsecret",
        "file:///a#topsecret",
        "file:///a\n",
    ],
)
def test_a_url_that_names_no_bucket_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_bucket(url)
    assert "topsecret" not in str(caught.value)
    assert caught.value.hint


def test_a_folder_bucket_does_not_import_boto3() -> None:
    code = (
        "import sys; from apertura.storage import open_bucket; open_bucket('file:///nowhere/at/all'); "
        "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
