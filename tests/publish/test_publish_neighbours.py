"""Publish looks again at linked datasets: what they told since protect compared is compared, too."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from people_scene import disclosure, people_contract, start_people
from publish_assertions import refused
from publish_scene import contract_of, field

from apertura.errors import AperturaError, PrivacyError
from apertura.prepare.disclosure import across, neighbours
from apertura.prepare.disclosure.signed import NOTE, note_key
from apertura.prepare.protect import protect
from apertura.publish import publish
from apertura.runs.context import Context
from apertura.storage import Bucket

VERSION = "20260110T000000Z-aaaaaaaa"
Start = Callable[..., Context]
LINK = {"links": [{"about": "lugar", "columns": {"cosas": "lugar", "sitios": "sitio"}}]}


def with_sites(contract: dict[str, Any]) -> dict[str, Any]:
    """A second table, of nobody: links are between tables."""
    sites = copy.deepcopy(contract_of(field("sitio"))["resources"][0])
    contract["resources"].append(sites | {"name": "sitios", "primaryKey": []})
    return contract


@pytest.fixture
def linked(start: Start, state: Path, key_file: Path) -> Callable[..., Context]:
    """A run of prueba/cosas, protected; prueba/otras is of the same people by its contract."""

    def begin(**more: Any) -> Context:
        other = with_sites(people_contract(**LINK)) | {"name": "otras"}
        text = json.dumps(other).replace('"cosas"', '"otras"')
        path = state / "home/include/datasets/prueba/otras.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        rows = [{"lugar": f"{n:02d}", "edad": "0-17"} for n in (1, 2) for _ in range(50)]
        return start(
            with_sites(people_contract(**LINK)),
            rows={"cosas": rows, "sitios": [{"sitio": "01"}]},
            key_file=key_file,
            protected={"disclosure": disclosure(2, **more)},
        )

    return begin


def signed(private: Bucket, of_first: int = 50) -> None:
    """The other dataset is about to publish: it signs how many of its rows are of each place."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        path = Path(folder) / "signature.parquet"
        database.execute(
            f"COPY (SELECT * FROM (VALUES ('01', '0-17', {of_first}), ('02', '0-17', 50)) "
            f"AS t(lugar, edad, \"{across.WEIGHT}\")) TO '{path}'"
        )
        private.put(across.signature_key("prueba/otras", VERSION, "otras"), path.read_bytes())


def signatures(ctx: Context) -> list[str]:
    """What is kept of the version: its signature and a note of its links, or nothing."""
    return [stat.key.rpartition("/")[2] for stat in ctx.private.list("disclosure/prueba/cosas/")]


KEPT = ["cosas.parquet", NOTE]


def test_what_a_linked_dataset_told_since_stops_the_release_where_it_narrows_a_row_down(
    linked: Callable[..., Context], public: Callable[[], dict[str, str]]
) -> None:
    ctx = linked()
    signed(ctx.private, of_first=2)
    error = refused(ctx, PrivacyError, public)
    assert "prueba/otras" in error.message and "publish lugar of cosas coarser" in str(error.hint)
    assert signatures(ctx) == []


def test_what_tells_of_nobody_stops_nothing(linked: Callable[..., Context]) -> None:
    ctx = linked()
    signed(ctx.private)
    assert publish(ctx).outcome == "done"
    assert signatures(ctx) == KEPT


def test_it_is_seen_when_a_linked_version_tells_something_else(
    linked: Callable[..., Context], public: Callable[[], dict[str, str]]
) -> None:
    ctx = linked()
    signed(ctx.private)
    before = neighbours.seen(ctx)
    signed(ctx.private, of_first=2)
    refused(linked(neighbours=before), PrivacyError, public)


def test_what_cannot_be_read_stops_the_release(
    linked: Callable[..., Context], public: Callable[[], dict[str, str]]
) -> None:
    ctx = linked()
    ctx.private.put(across.signature_key("prueba/otras", VERSION, "otras"), b"damaged")
    before = public()
    with pytest.raises(AperturaError):
        publish(ctx)
    assert public() == before
    assert signatures(ctx) == []


class Meanwhile:
    """A bucket in which something else happens just before an upload whose key begins so."""

    def __init__(self, bucket: Bucket, prefix: str, then: Callable[[], None]) -> None:
        self._bucket, self._prefix, self._then = bucket, prefix, then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bucket, name)

    def upload(self, key: str, *args: Any, **more: Any) -> Any:
        """The bucket's own, later."""
        if key.startswith(self._prefix):
            self._then()
        return self._bucket.upload(key, *args, **more)


def test_what_is_signed_between_our_look_and_our_signature_is_seen(
    linked: Callable[..., Context], public: Callable[[], dict[str, str]]
) -> None:
    """Nothing was told yet: our signature is taken back."""
    ctx = linked()
    own = "disclosure/prueba/cosas/"
    private: Any = Meanwhile(ctx.private, own, lambda: signed(ctx.private, of_first=2))
    refused(replace(ctx, private=private), PrivacyError, public)
    assert signatures(ctx) == []


def test_two_linked_datasets_that_publish_at_one_moment_are_both_published_where_neither_tells_of_the_other(
    linked: Callable[..., Context],
) -> None:
    ctx = linked()
    private: Any = Meanwhile(ctx.private, "disclosure/prueba/cosas/", lambda: signed(ctx.private))
    assert publish(replace(ctx, private=private)).outcome == "done"


def test_what_comes_while_the_files_go_up_is_seen_before_the_manifest(
    linked: Callable[..., Context], public: Callable[[], dict[str, str]]
) -> None:
    ctx = linked()
    bucket: Any = Meanwhile(ctx.public, "datos/prueba/cosas/", lambda: signed(ctx.private, of_first=2))
    with pytest.raises(PrivacyError):
        publish(replace(ctx, public=bucket))
    assert not [name for name in public() if name.endswith("release.json")]
    assert signatures(ctx) == KEPT, "its files could be read: what they told is remembered"


def test_a_link_that_the_other_contract_left_out_since_it_was_signed_stops_the_release(
    linked: Callable[..., Context], state: Path, public: Callable[[], dict[str, str]]
) -> None:
    """With the link its version would be held against this one, without it nothing would."""
    ctx = linked()
    signed(ctx.private)
    told = {"links": [{"about": "lugar", "table": "otras", "column": "lugar"}], "people": []}
    ctx.private.put(note_key("prueba/otras", VERSION), json.dumps(told).encode())
    path = state / "home/include/datasets/prueba/otras.yaml"
    document = json.loads(path.read_text())
    del document["privacy"]["links"]
    path.write_text(json.dumps(document))
    assert "prueba/otras: lugar (otras.lugar)" in refused(ctx, PrivacyError, public).message
    assert signatures(ctx) == []
    with pytest.raises(PrivacyError, match=r"otras\.lugar"):
        protect(ctx, [])


def test_a_dataset_that_is_not_linked_stops_nothing(start: Start, state: Path, key_file: Path) -> None:
    ctx = start_people(start, key_file, disclosure(2))
    (state / "home/include/datasets/prueba/otras.yaml").write_text(
        json.dumps(people_contract() | {"name": "otras"}).replace('"cosas"', '"otras"')
    )
    signed(ctx.private)
    assert publish(ctx).outcome == "done"
