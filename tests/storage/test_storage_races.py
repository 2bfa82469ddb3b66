"""What every bucket promises when several write, or read beside a writer: a folder and S3 alike."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from storage_scene import crowded

from apertura.errors import AlreadyExistsError, PreconditionFailedError
from apertura.storage import Bucket

WRITERS = 20


def test_if_absent_creates_once(bucket: Bucket) -> None:
    bucket.put("a", b"first", if_absent=True)
    with pytest.raises(AlreadyExistsError):
        bucket.put("a", b"second", if_absent=True)
    assert bucket.get("a") == b"first"


def test_if_match_replaces_that_state_and_no_other(bucket: Bucket) -> None:
    first = bucket.put("a", b"1")
    second = bucket.put("a", b"2", if_match=first.etag)
    with pytest.raises(PreconditionFailedError):
        bucket.put("a", b"3", if_match=first.etag)
    assert bucket.get("a") == b"2"
    bucket.delete("a")
    with pytest.raises(PreconditionFailedError):
        bucket.put("a", b"3", if_match=second.etag)
    assert bucket.stat("a") is None


def in_processes(bucket: Bucket, code: str) -> list[str]:
    """Run `code` (with `bucket` and `writer`) in 4 processes of 5 threads each, all let go at once."""
    program = f"""
import sys, threading
from apertura.errors import AlreadyExistsError, PreconditionFailedError
from apertura.storage import open_bucket
bucket = open_bucket(sys.argv[1])
def write(writer):
{code}
threads = [threading.Thread(target=write, args=(f"{{sys.argv[2]}}-{{i}}",)) for i in range(5)]
print("ready", flush=True)
sys.stdin.readline()
[t.start() for t in threads]
[t.join() for t in threads]
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, bucket.url, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS // 5)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    lines: list[str] = []
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        out, _ = process.communicate()
        assert process.returncode == 0
        lines += out.splitlines()
    return lines


@crowded
def test_of_twenty_writers_who_create_one_object_exactly_one_wins(bucket: Bucket) -> None:
    code = """
    try:
        bucket.put("manifest.json", writer.encode(), if_absent=True)
        sys.stdout.write(f"won {writer}\\n")
    except AlreadyExistsError:
        sys.stdout.write("lost\\n")
"""
    lines = in_processes(bucket, code)
    assert len(lines) == WRITERS
    won = [line.removeprefix("won ") for line in lines if line != "lost"]
    assert len(won) == 1
    assert bucket.get("manifest.json").decode() == won[0]


@crowded
def test_of_twenty_threads_who_upload_one_file_exactly_one_wins(bucket: Bucket, tmp_path: Path) -> None:
    start = threading.Barrier(WRITERS)

    def write(number: int) -> int | None:
        path = tmp_path / f"file-{number}"
        path.write_bytes(bytes([number]) * 100_000)
        start.wait()
        try:
            bucket.upload("release", path, if_absent=True)
        except AlreadyExistsError:
            return None
        return number

    with ThreadPoolExecutor(WRITERS) as pool:
        won = [number for number in pool.map(write, range(WRITERS)) if number is not None]
    assert len(won) == 1
    assert bucket.get("release") == bytes([won[0]]) * 100_000


@crowded
def test_every_increment_by_compare_and_swap_lands(bucket: Bucket) -> None:
    bucket.put("counter", b"0")
    code = """
    while True:
        stat = bucket.stat("counter")
        now = int(bucket.get("counter"))
        try:
            bucket.put("counter", str(now + 1).encode(), if_match=stat.etag)
            return
        except PreconditionFailedError:
            pass
"""
    in_processes(bucket, code)
    assert bucket.get("counter") == str(WRITERS).encode()


# Readers beside writers


def pictures() -> Iterator[bytes]:
    """Large objects of one repeated byte each, so that a mixture of two is recognised."""
    for number in range(12):
        yield bytes([number]) * ((2 << 20) + number * 100_000)


@pytest.mark.parametrize("how", ["put", "upload", "copy"])
def test_a_reader_never_sees_half_an_object(bucket: Bucket, tmp_path: Path, how: str) -> None:
    whole = {(picture[0], len(picture)) for picture in pictures()}
    bucket.put("picture", next(pictures()))
    done = threading.Event()

    def write() -> None:
        try:
            for picture in pictures():
                if how == "put":
                    bucket.put("picture", picture)
                elif how == "upload":
                    (tmp_path / "next").write_bytes(picture)
                    bucket.upload("picture", tmp_path / "next", move=True)
                else:
                    bucket.put(f"source-{picture[0]}", picture)
                    bucket.copy(f"source-{picture[0]}", "picture")
        finally:
            done.set()

    def through_file() -> bytes:
        with bucket.as_file("picture") as path:
            return path.read_bytes()

    readers: list[Callable[[], bytes]] = [lambda: bucket.get("picture"), through_file]
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        seen = 0
        while not done.is_set() or seen < 2:
            data = readers[seen % 2]()
            assert (data[0], len(data)) in whole
            assert data.count(data[0]) == len(data)
            seen += 1
        writing.result()
    assert bucket.get("picture") == list(pictures())[-1]
