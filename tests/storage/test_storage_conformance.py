"""What every bucket promises, seen on a folder and on S3 alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_scene import crowded, sha256

from apertura.errors import AlreadyExistsError, StorageError
from apertura.storage import Bucket, Incoming, open_bucket
from apertura.storage.files import Hashed, hashed
from examples import examples

same_bucket = settings(
    max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def keys(bucket: Bucket, prefix: str = "") -> list[str]:
    return [stat.key for stat in bucket.list(prefix)]


# Objects


def test_what_is_put_comes_back_and_is_described(bucket: Bucket) -> None:
    data = "ñ;\r\n".encode() * 1000
    stat = bucket.put("datos/sat/latest.json", data)
    assert bucket.get("datos/sat/latest.json") == data
    assert (stat.key, stat.size, stat.sha256) == ("datos/sat/latest.json", len(data), sha256(data))
    assert stat.content_type == "application/json"
    assert stat.modified.tzinfo is not None and stat.modified.microsecond == 0
    again = bucket.stat("datos/sat/latest.json")
    assert again is not None
    assert (again.etag, again.sha256, again.size) == (stat.etag, stat.sha256, stat.size)
    [listed] = bucket.list("datos/")
    assert (listed.key, listed.size, listed.etag) == (stat.key, stat.size, stat.etag)
    assert listed.content_type == again.content_type == stat.content_type


@same_bucket
@given(data=st.binary(max_size=4000))
def test_any_bytes_come_back(bucket: Bucket, data: bytes) -> None:
    assert bucket.put("a/b.bin", data).sha256 == sha256(data)
    assert bucket.get("a/b.bin") == data
    with bucket.as_file("a/b.bin") as path:
        assert path.read_bytes() == data


@same_bucket
@given(name=st.text(alphabet="abzñÁ09_-=+ %&?#'\"()[]{}~!,;:@$*", min_size=1, max_size=30))
def test_any_plain_name_is_a_key(bucket: Bucket, name: str) -> None:
    bucket.put(f"n/{name}", name.encode())
    assert bucket.get(f"n/{name}") == name.encode()
    assert keys(bucket, f"n/{name}")[0] == f"n/{name}"
    bucket.copy(f"n/{name}", f"copy/{name}")
    assert bucket.get(f"copy/{name}") == name.encode()
    bucket.delete(f"n/{name}")
    assert bucket.stat(f"n/{name}") is None


def test_an_absent_object_is_absent_everywhere(bucket: Bucket) -> None:
    assert bucket.stat("no/such") is None
    assert keys(bucket) == []
    with pytest.raises(KeyError):
        bucket.get("no/such")
    with pytest.raises(KeyError), bucket.as_file("no/such"):
        pass
    with pytest.raises(KeyError):
        bucket.copy("no/such", "other")
    bucket.delete("no/such")
    assert keys(bucket) == []


def test_delete_removes_one_object_and_is_silent_the_second_time(bucket: Bucket) -> None:
    bucket.put("a/1", b"1")
    bucket.put("a/2", b"2")
    bucket.delete("a/1")
    bucket.delete("a/1")
    assert keys(bucket) == ["a/2"]


def test_an_error_inside_as_file_is_the_callers_own(bucket: Bucket) -> None:
    bucket.put("a", b"1")
    with pytest.raises(FileNotFoundError), bucket.as_file("a"):
        raise FileNotFoundError


# Files


@pytest.mark.parametrize("size", [0, 1, 3 << 20, (17 << 20) + 5], ids=["empty", "byte", "one part", "parts"])
def test_a_file_is_stored_whole(bucket: Bucket, tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    path = tmp_path / "file"
    path.write_bytes(data)
    stat = bucket.upload("big/file.parquet", path, sha256=sha256(data))
    assert (stat.size, stat.sha256) == (size, sha256(data))
    assert path.read_bytes() == data
    found = bucket.stat("big/file.parquet")
    assert found is not None
    assert (found.size, found.sha256, found.etag) == (size, sha256(data), stat.etag)
    assert found.content_type == "application/vnd.apache.parquet"
    with bucket.as_file("big/file.parquet") as local:
        assert sha256(local.read_bytes()) == sha256(data)
    assert sha256(bucket.get("big/file.parquet")) == sha256(data)


@pytest.mark.parametrize("known", [True, False], ids=["with digest", "without"])
def test_a_moved_file_is_consumed(bucket: Bucket, tmp_path: Path, known: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"moved")
    bucket.upload("a", path, move=True, sha256=sha256(b"moved") if known else None)
    assert not path.exists()
    assert bucket.get("a") == b"moved"
    found = bucket.stat("a")
    assert found is not None and found.sha256 == sha256(b"moved")


def test_many_are_stored_at_once_as_they_would_be_one_by_one(bucket: Bucket, tmp_path: Path) -> None:
    taken, kept = tmp_path / "taken", tmp_path / "kept"
    taken.write_bytes(b"taken")
    kept.write_bytes(b"kept")
    bucket.put("a/0", b"old")
    many = [Incoming(f"a/{number}", str(number).encode() * 5000) for number in range(40)]
    stats = bucket.put_all([*many, Incoming("b/taken.csv", taken, move=True), Incoming("b/kept.csv", kept)])
    assert [stat.key for stat in stats] == [*(one.key for one in many), "b/taken.csv", "b/kept.csv"]
    found = [bucket.stat(stat.key) for stat in stats]
    assert [(one.etag, one.sha256, one.size) for one in stats] == [
        (one.etag, one.sha256, one.size) for one in found if one is not None
    ]
    assert {key: bucket.get(key) for key in keys(bucket)} == {
        **{one.key: one.data for one in many},
        "b/taken.csv": b"taken",
        "b/kept.csv": b"kept",
    }
    assert (taken.exists(), kept.exists()) == (False, True)
    assert bucket.put_all([]) == []


@pytest.mark.parametrize("move", [True, False], ids=["moved", "copied"])
def test_a_file_with_another_digest_is_refused_and_leaves_nothing(
    bucket: Bucket, tmp_path: Path, move: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"cut short")
    with pytest.raises(StorageError, match="SHA-256"):
        bucket.upload("a", path, sha256=sha256(b"cut short and more"), move=move)
    assert keys(bucket) == []
    assert path.read_bytes() == b"cut short"


def settled(path: Path) -> Hashed:
    """Hashed long enough after it was written for its state to count."""
    while not (known := hashed(path)).state:
        pass
    return known


@pytest.mark.parametrize("move", [True, False], ids=["moved", "copied"])
def test_a_file_that_is_still_what_was_hashed_is_stored_with_that_digest(
    bucket: Bucket, tmp_path: Path, move: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"hashed while the next one was written")
    known = settled(path)
    assert known.still(path)
    assert bucket.upload("a", path, sha256=known, move=move).sha256 == known.sha256
    assert sha256(bucket.get("a")) == known.sha256
    assert path.exists() is not move


@pytest.mark.parametrize("wait", [True, False], ids=["settled", "hashed at once"])
@pytest.mark.parametrize("move", [True, False], ids=["moved", "copied"])
def test_a_file_changed_after_it_was_hashed_is_refused(
    bucket: Bucket, tmp_path: Path, move: bool, wait: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"as it was")
    known, before = settled(path) if wait else hashed(path), path.stat()
    path.write_bytes(b"as it is ")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not known.still(path)
    with pytest.raises(StorageError, match="SHA-256"):
        bucket.upload("a", path, sha256=known, move=move)
    assert keys(bucket) == []
    assert path.read_bytes() == b"as it is "


def test_messages_name_neither_a_raw_extract_s_digest_nor_a_drop(bucket: Bucket, tmp_path: Path) -> None:
    """A digest in a log would confirm a guess of the extract; a drop's name is a person's choice."""
    for key in (f"extracts/oj/ab/{sha256(b'raw')}", "inbox/oj/sentencias/Marta Canaria.csv"):
        path = tmp_path / "file"
        path.write_bytes(b"raw")
        with pytest.raises(StorageError) as caught:
            bucket.upload(key, path, sha256=sha256(b"other"))
        bucket.upload(key, path)
        with pytest.raises(AlreadyExistsError) as there:
            bucket.upload(key, path, if_absent=True)
        for text in (str(caught.value), str(there.value)):
            assert key.rpartition("/")[2] not in text
            assert key.partition("/")[0] in text


def test_a_file_is_not_taken_when_the_object_is_there_already(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("a", b"first")
    path = tmp_path / "file"
    path.write_bytes(b"second")
    with pytest.raises(AlreadyExistsError):
        bucket.upload("a", path, if_absent=True, move=True)
    assert path.read_bytes() == b"second"
    assert bucket.get("a") == b"first"


# Copies


def test_a_copy_has_the_bytes_the_digest_and_its_own_content_type(bucket: Bucket) -> None:
    bucket.put("inbox/upload", b"{}")
    stat = bucket.copy("inbox/upload", "latest/x.json")
    assert stat.content_type == "application/json"
    assert stat.sha256 == sha256(b"{}")
    assert bucket.get("latest/x.json") == b"{}"
    bucket.put("inbox/upload", b"changed later")
    assert bucket.get("latest/x.json") == b"{}"
    bucket.delete("inbox/upload")
    assert bucket.get("latest/x.json") == b"{}"


def test_a_copy_replaces_and_can_be_repeated(bucket: Bucket) -> None:
    bucket.put("source", b"new")
    bucket.put("target", b"old")
    for _ in range(3):
        assert bucket.copy("source", "target").size == 3
    assert bucket.get("target") == b"new"
    assert keys(bucket) == ["source", "target"]


# Listing


@crowded
def test_listing_goes_beyond_a_thousand_in_order(bucket: Bucket) -> None:
    names = [f"many/{number:04d}.txt" for number in range(1010)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: bucket.put(name, b"x"), reversed(names)))
    assert keys(bucket, "many/") == names
    assert keys(bucket, "many/10") == names[1000:]


def test_a_prefix_is_the_beginning_of_a_key_and_order_is_that_of_keys(bucket: Bucket) -> None:
    present = ["a.csv", "a/b.c/d", "ab", "b", "á"]
    for name in reversed(present):
        bucket.put(name, b"x")
    assert keys(bucket) == present
    assert keys(bucket, "a") == ["a.csv", "a/b.c/d", "ab"]
    assert keys(bucket, "a/") == keys(bucket, "a/b") == keys(bucket, "a/b.c/") == ["a/b.c/d"]
    assert keys(bucket, "a/b/") == keys(bucket, "c") == []


# Keys


@pytest.mark.parametrize(
    "key", ["", "/a", "../a", "a/../../b", "a//b", "a/", ".x", "a\\b", "a\n", "a\0b", "e\u0301"]
)
def test_every_call_refuses_a_hostile_key(bucket: Bucket, tmp_path: Path, key: str) -> None:
    bucket.put("good", b"x")
    path = tmp_path / "file"
    path.write_bytes(b"y")
    calls: list[Callable[[], object]] = [
        lambda: bucket.put(key, b"y"),
        lambda: bucket.upload(key, path),
        lambda: bucket.get(key),
        lambda: bucket.as_file(key).__enter__(),
        lambda: bucket.stat(key),
        lambda: bucket.copy("good", key),
        lambda: bucket.copy(key, "other"),
        lambda: bucket.delete(key),
    ]
    if key not in ("", "a/"):
        calls.append(lambda: list(bucket.list(key)))
    for call in calls:
        with pytest.raises(StorageError, match="refused"):
            call()
    assert keys(bucket) == ["good"]
    assert sorted(p.name for p in tmp_path.iterdir()) in (["bucket", "file"], ["file"])


def test_buckets_under_prefixes_do_not_see_each_other(bucket: Bucket) -> None:
    here, there = open_bucket(f"{bucket.url}/one"), open_bucket(f"{bucket.url}/one-more")
    here.put("a", b"here")
    there.put("a", b"there")
    assert keys(here) == keys(there) == ["a"]
    here.delete("a")
    assert keys(here) == []
    assert there.get("a") == b"there"
    assert here.url == f"{bucket.url}/one"
