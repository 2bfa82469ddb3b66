"""What is particular to a bucket in a folder: links, locks, killed writers, a full disk."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from apertura.errors import StorageError, StorageUnavailableError
from apertura.storage import Incoming, open_bucket
from apertura.storage.files import guarded
from apertura.storage.folder import HIDDEN, REMEMBER_FROM, FolderBucket

LARGE = REMEMBER_FROM + 1


@pytest.fixture
def bucket(tmp_path: Path) -> FolderBucket:
    return FolderBucket(tmp_path / "bucket")


def temporaries(bucket: FolderBucket) -> list[Path]:
    return list((bucket.root / HIDDEN / "tmp").iterdir())


def test_nothing_is_created_before_the_first_write(bucket: FolderBucket) -> None:
    assert bucket.stat("a") is None
    assert list(bucket.list("")) == []
    bucket.delete("a")
    assert not bucket.root.exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_of_a_private_bucket_is_its_owners_alone_and_a_public_one_follows_the_umask(
    tmp_path: Path, umask: int
) -> None:
    old = os.umask(umask)
    try:
        for name, private in (("private", True), ("public", False)):
            bucket = open_bucket((tmp_path / name).as_uri(), private=private)
            bucket.put("put/a", b"x" * LARGE)
            bucket.copy("put/a", "copy/a")
            moved = tmp_path / "file"
            moved.touch(mode=0o644)
            bucket.upload("upload/a", moved, move=True)
            (tmp_path / name / "dropped").write_bytes(b"x")
            (tmp_path / name / "dropped").chmod(0o644)
            bucket.copy("dropped", "taken")
            bucket.delete("dropped")
    finally:
        os.umask(old)
    for path in [tmp_path / "private", *(tmp_path / "private").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    for name in ("put", "upload", "copy"):
        assert (tmp_path / "public" / name).stat().st_mode & 0o777 == 0o777 & ~umask
        assert (tmp_path / "public" / name / "a").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_private_folder_made_by_hand_is_closed_when_it_is_opened(tmp_path: Path) -> None:
    root = tmp_path / "private"
    (root / "inbox/oj").mkdir(parents=True)
    root.chmod(0o755)
    open_bucket(root.as_uri())
    assert root.stat().st_mode & 0o777 == 0o755
    bucket = open_bucket(root.as_uri(), private=True)
    assert root.stat().st_mode & 0o777 == 0o700
    bucket.put("inbox/oj/a", b"x")


def test_a_private_folder_made_while_the_bucket_was_open_is_closed_by_the_first_write(
    tmp_path: Path,
) -> None:
    root = tmp_path / "private"
    bucket = open_bucket(root.as_uri(), private=True)
    root.mkdir()
    root.chmod(0o777)
    bucket.put("a", b"x")
    assert root.stat().st_mode & 0o777 == 0o700


def test_a_private_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    root = Path("/usr")
    if os.geteuid() == 0:
        root = tmp_path / "private"
        root.mkdir(mode=0o700)
        os.chown(root, 12345, -1)
    with pytest.raises(StorageError, match="belongs to another user") as caught:
        open_bucket(root.as_uri(), private=True)
    assert str(root) not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_object_is_a_plain_file_under_its_key_and_as_file_is_that_file(bucket: FolderBucket) -> None:
    bucket.put("datos/ñ x.csv", b"1")
    assert (bucket.root / "datos/ñ x.csv").read_bytes() == b"1"
    with bucket.as_file("datos/ñ x.csv") as path:
        assert path == bucket.root / "datos/ñ x.csv"


def test_our_own_folder_is_never_listed_nor_reached(bucket: FolderBucket) -> None:
    bucket.put("a", b"x" * LARGE)
    assert [stat.key for stat in bucket.list("")] == ["a"]
    hidden = [p for p in bucket.root.rglob("*") if p.is_file() and HIDDEN in p.parts]
    assert hidden
    for path in hidden:
        with pytest.raises(StorageError, match="refused"):
            bucket.get(str(path.relative_to(bucket.root)))


def test_what_an_operator_drops_is_an_object_unless_its_name_is_no_key(bucket: FolderBucket) -> None:
    inbox = bucket.root / "inbox/sat/x"
    inbox.mkdir(parents=True)
    for name in ("ok.txt", ".part", "a\\b", "bad\nname", "e\u0301.txt"):
        (inbox / name).write_bytes(b"dropped")
    (inbox / "link").symlink_to(inbox / "ok.txt")
    assert [stat.key for stat in bucket.list("inbox/")] == ["inbox/sat/x/ok.txt"]
    assert bucket.get("inbox/sat/x/ok.txt") == b"dropped"
    bucket.delete("inbox/sat/x/ok.txt")
    assert inbox.is_dir()


def test_links_that_leave_the_bucket_are_refused(bucket: FolderBucket, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    bucket.put("a", b"x")
    (bucket.root / "door").symlink_to(outside)
    (bucket.root / "window").symlink_to(outside / "secret")
    file = tmp_path / "file"
    file.write_bytes(b"y")
    for call in (
        lambda: bucket.get("door/secret"),
        lambda: bucket.get("window"),
        lambda: bucket.stat("window"),
        lambda: bucket.as_file("window").__enter__(),
        lambda: bucket.put("door/new", b"y"),
        lambda: bucket.upload("door/new", file),
        lambda: bucket.copy("a", "door/new"),
        lambda: bucket.copy("window", "b"),
        lambda: bucket.delete("door/secret"),
        lambda: list(bucket.list("door/")),
    ):
        with pytest.raises(StorageError, match="leads out"):
            call()
    assert [stat.key for stat in bucket.list("")] == ["a"]
    assert sorted(p.name for p in outside.iterdir()) == ["secret"]
    bucket.put("window", b"replaced")  # the link itself is replaced, not what it points to
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_key_that_continues_another_is_an_error_of_storage(bucket: FolderBucket) -> None:
    bucket.put("a", b"x")
    bucket.put("b/c", b"x")
    for call in (
        lambda: bucket.put("a/b", b"y"),
        lambda: bucket.put("b", b"y"),
        lambda: bucket.copy("a", "b"),
    ):
        with pytest.raises(StorageError, match="stands where") as caught:
            call()
        assert caught.value.__context__ is None
    for key in ("b", "a/b"):
        with pytest.raises(KeyError):
            bucket.get(key)
        assert bucket.stat(key) is None
        bucket.delete(key)
    assert bucket.get("a") == bucket.get("b/c") == b"x"
    assert temporaries(bucket) == []


def test_a_copy_is_a_second_name_for_the_same_bytes(bucket: FolderBucket) -> None:
    bucket.put("a", b"x" * LARGE)
    bucket.copy("a", "b")
    bucket.copy("a", "b")
    assert (bucket.root / "a").stat().st_ino == (bucket.root / "b").stat().st_ino
    assert temporaries(bucket) == []


def test_a_file_is_moved_by_name_where_that_is_safe(bucket: FolderBucket, tmp_path: Path) -> None:
    plain, shared, pointed = (tmp_path / name for name in ("plain", "shared", "pointed"))
    for path in (plain, shared, pointed):
        path.write_bytes(b"x")
    inode = plain.stat().st_ino
    (tmp_path / "second name").hardlink_to(shared)
    (tmp_path / "link").symlink_to(pointed)
    bucket.upload("plain", plain, move=True)
    bucket.upload("shared", shared, move=True)
    bucket.upload("link", tmp_path / "link", move=True)
    assert (bucket.root / "plain").stat().st_ino == inode
    (tmp_path / "second name").write_bytes(b"changed")
    pointed.write_bytes(b"changed")
    assert bucket.get("shared") == bucket.get("link") == b"x"


def test_a_file_of_another_file_system_is_moved_by_copy(bucket: FolderBucket) -> None:
    shared_memory = Path("/dev/shm")
    bucket.put("a", b"")
    if not os.access(shared_memory, os.W_OK) or shared_memory.stat().st_dev == bucket.root.stat().st_dev:
        pytest.skip("this machine has no second file system to write to")
    path = shared_memory / f"apertura-test-{os.getpid()}"
    try:
        path.write_bytes(b"from afar")
        bucket.upload("a", path, move=True)
        assert bucket.get("a") == b"from afar"
        assert not path.exists()
    finally:
        path.unlink(missing_ok=True)


def test_every_state_is_later_than_the_one_it_replaces_so_that_etags_never_repeat(
    bucket: FolderBucket, tmp_path: Path
) -> None:
    bucket.put("a", b"same")
    future = 4_000_000_000 * 10**9  # a clock that was wrong, or a second write within one tick
    os.utime(bucket.root / "a", ns=(future, future))
    bucket.put("a", b"same")
    assert (bucket.root / "a").stat().st_mtime_ns == future + 1
    (tmp_path / "file").write_bytes(b"same")
    bucket.upload("a", tmp_path / "file", move=True)
    assert (bucket.root / "a").stat().st_mtime_ns == future + 2


def test_the_digest_follows_the_bytes_also_when_somebody_else_changes_them(bucket: FolderBucket) -> None:
    first = bucket.put("a", b"x" * LARGE)
    before = bucket.stat("a")
    assert before is not None and before.sha256 == first.sha256
    with (bucket.root / "a").open("r+b") as file:
        file.write(b"y")
    os.utime(bucket.root / "a", ns=(1, 1))
    after = bucket.stat("a")
    assert after is not None and after.sha256 not in (None, first.sha256)
    for note in (bucket.root / HIDDEN / "sha256").rglob("*"):
        if note.is_file():
            note.write_bytes(b"half a no")  # as a power cut could leave it
    again = bucket.stat("a")
    assert again == after


def test_a_killed_writer_leaves_no_object_and_its_remains_are_swept(
    bucket: FolderBucket, tmp_path: Path
) -> None:
    bucket.put("there", b"x")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = (
        "import sys, pathlib; from apertura.storage import open_bucket; "
        "open_bucket(sys.argv[1]).upload('victim', pathlib.Path(sys.argv[2]))"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, bucket.url, str(pipe)])
    with pipe.open("wb", buffering=0) as feed:
        feed.write(b"x" * 200_000)  # more than the pipe holds: the writer has taken some of it
        FolderBucket(bucket.root)  # opening the bucket does not take a living writer's file away
        assert len(temporaries(bucket)) == 2
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert len(temporaries(bucket)) == 2
    assert [stat.key for stat in bucket.list("")] == ["there"]
    assert bucket.stat("victim") is None
    FolderBucket(bucket.root)
    assert temporaries(bucket) == []
    bucket.put("victim", b"second try", if_absent=True)


def test_a_killed_writer_of_many_leaves_whole_objects_or_none(bucket: FolderBucket, tmp_path: Path) -> None:
    bucket.put("there", b"x")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = (
        "import sys, pathlib; from apertura.storage import Incoming, open_bucket; "
        "open_bucket(sys.argv[1]).put_all([Incoming('a', b'y'), Incoming('b', pathlib.Path(sys.argv[2]))])"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, bucket.url, str(pipe)])
    with pipe.open("wb", buffering=0) as feed:
        feed.write(b"x" * 200_000)
        FolderBucket(bucket.root)
        assert len(temporaries(bucket)) >= 2
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert [stat.key for stat in bucket.list("")] == ["there"], "no name before all bytes are on the disk"
    FolderBucket(bucket.root)
    assert temporaries(bucket) == []


def test_of_many_that_are_refused_the_files_stay_with_their_owner(
    bucket: FolderBucket, tmp_path: Path
) -> None:
    bucket.put("a/b", b"x")
    path = tmp_path / "file"
    path.write_bytes(b"mine")
    with pytest.raises(StorageError):
        bucket.put_all([Incoming("a", b"y"), Incoming("c", path, move=True)])
    assert path.read_bytes() == b"mine"
    assert temporaries(bucket) == []
    assert bucket.get("a/b") == b"x"


def test_a_living_writer_is_not_disturbed_by_others_opening_the_bucket(
    bucket: FolderBucket, tmp_path: Path
) -> None:
    stop = threading.Event()

    def open_again_and_again() -> None:
        while not stop.is_set():
            FolderBucket(bucket.root)

    opener = threading.Thread(target=open_again_and_again)
    opener.start()
    try:
        for number in range(100):
            path = tmp_path / "file"
            path.write_bytes(b"x")
            bucket.upload(f"a/{number}", path, move=True)
            bucket.copy(f"a/{number}", f"b/{number}")
    finally:
        stop.set()
        opener.join()
    assert len(list(bucket.list(""))) == 200


def test_a_write_that_fails_midway_leaves_the_old_object_and_no_remains(
    bucket: FolderBucket, tmp_path: Path
) -> None:
    bucket.put("a", b"old")
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    code = """
import resource, signal, sys, pathlib
from apertura.errors import StorageError
from apertura.storage import open_bucket
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
bucket, source = open_bucket(sys.argv[1]), pathlib.Path(sys.argv[2])
for write in (lambda: bucket.put("a", source.read_bytes()), lambda: bucket.upload("a", source)):
    try:
        write()
    except StorageError as error:
        assert error.__context__ is None and "/" not in error.message, error
    else:
        sys.exit("written")
"""
    subprocess.run([sys.executable, "-c", code, bucket.url, str(source)], check=True)
    assert bucket.get("a") == b"old"
    assert temporaries(bucket) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_as_such_without_a_path(number: int) -> None:
    @guarded
    def write() -> None:
        raise OSError(number, "text", "/some/path")

    with pytest.raises(OSError, match="No space left") as caught:
        write()
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename is None
    assert caught.value.__context__ is None


def test_a_lost_disk_may_come_back_and_a_forbidden_one_not() -> None:
    @guarded
    def fail(number: int) -> None:
        raise OSError(number, "text", "/some/path")

    for number, expected, retryable in (
        (errno.EIO, StorageUnavailableError, True),
        (errno.ESTALE, StorageUnavailableError, True),
        (errno.EACCES, StorageError, False),
        (errno.EROFS, StorageError, False),
        (errno.EINVAL, StorageError, False),
    ):
        with pytest.raises(expected) as caught:
            fail(number)
        assert caught.value.retryable is retryable
        assert caught.value.hint
        assert "/some" not in str(caught.value)
