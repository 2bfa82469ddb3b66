"""The private and the public bucket lie apart, or nothing is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from apertura import pipeline
from apertura.errors import AperturaError, SettingsError
from apertura.maintenance import maintain
from apertura.settings import Settings
from apertura.storage import open_buckets, refuse_overlap

OJ = "oj/sentencias"


@pytest.mark.parametrize(
    ("private", "public"),
    [
        ("", ""),
        ("", "public"),
        ("private", ""),
        ("public/privado", "public"),
        ("private", "private/a/b"),
        ("a/../public", "public"),
        ("public//x/", "public/"),
    ],
)
def test_a_folder_in_the_other_is_refused_without_being_named(
    tmp_path: Path, private: str, public: str
) -> None:
    with pytest.raises(SettingsError, match="one lies inside the other") as caught:
        refuse_overlap(f"file://{tmp_path}/s/{private}", f"file://localhost{tmp_path}/s/{public}")
    assert str(tmp_path) not in str(caught.value)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("where", ["itself", "inside", "above"])
def test_links_are_followed(tmp_path: Path, where: str) -> None:
    real = tmp_path / "real"
    (real / "inner").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(real)
    other = {"itself": link, "inside": link / "inner" / "not there yet", "above": tmp_path}[where]
    for pair in ((real, other), (other, real)):
        with pytest.raises(SettingsError):
            refuse_overlap(*(f"file://{path}" for path in pair))


@pytest.mark.parametrize(
    ("private", "public", "apart"),
    [
        ("s3://bucket", "s3://bucket", False),
        ("s3://bucket/datos-privados", "s3://bucket", False),
        ("s3://bucket/a", "s3://bucket/b", False),
        ("s3://bucket-privado", "s3://bucket", True),
        ("file:///srv/bucket", "s3://bucket", True),
        ("s3://bucket", "file:///srv/bucket", True),
        ("file:///srv/data", "file:///srv/data-public", True),
        ("file:///srv/data/a", "file:///srv/data/b", True),
    ],
)
def test_one_s3_bucket_is_one_place_whatever_the_prefixes(private: str, public: str, apart: bool) -> None:
    if apart:
        refuse_overlap(private, public)
    else:
        with pytest.raises(SettingsError, match="one S3 bucket"):
            refuse_overlap(private, public)


@pytest.mark.parametrize(
    "use",
    [
        open_buckets,
        lambda settings: pipeline.context(OJ, "run", settings=settings),
        lambda settings: maintain(settings, "oj"),
    ],
    ids=["open_buckets", "context", "maintain"],
)
@pytest.mark.parametrize("what", ["private_url", "scratch", "key_file"])
def test_nothing_that_is_ours_may_lie_in_the_public_folder(
    settings: Settings, tmp_path: Path, use: Callable[[Settings], object], what: str
) -> None:
    use(settings)
    inside = tmp_path / "public" / "x"
    with pytest.raises(AperturaError) as caught:
        use(replace(settings, **{what: inside.as_uri() if what == "private_url" else inside}))
    assert type(caught.value) is SettingsError
    assert not inside.exists()


def test_the_public_folder_may_lie_in_the_scratch_folder(settings: Settings, tmp_path: Path) -> None:
    open_buckets(replace(settings, scratch=tmp_path))
