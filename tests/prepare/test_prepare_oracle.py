"""What stages tell of a raw extract must not confirm a guess of what is in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from prepare_scene import MakeContext, column, dataset, dropped

from apertura.errors import SettingsError
from apertura.prepare.clean import clean
from apertura.prepare.deidentify import deidentify
from apertura.prepare.keys import key_id
from apertura.prepare.protect import protect
from apertura.runs.context import Context, StageResult
from apertura.runs.fingerprint import partition_fingerprint, recipe, release_fingerprint
from apertura.settings import Settings
from apertura.sources.extract import extract

DATA = b"a,director\n1,MARTA CANARIA\n"
SHA256 = hashlib.sha256(DATA).hexdigest()


def stages(ctx: Context, folder: Path) -> list[StageResult]:
    """What the stages answer over one file: what goes to XCom and run record, and from there is published."""
    file = folder / "x.csv"
    file.write_bytes(DATA)
    return [
        extract(ctx, "_", None, files=[file]),
        deidentify(ctx, "_"),
        clean(ctx, "_"),
        protect(ctx, ["_"]),
    ]


def guessed(ctx: Context) -> tuple[str, str]:
    """The fingerprints that somebody makes who has the repository and, by a guess, the file; but no key."""
    rules = recipe(ctx.dataset, key_id(ctx))  # the key's id is public
    of_partition = partition_fingerprint(rules, [SHA256], None)
    return of_partition, release_fingerprint(rules, {"_": of_partition})


@pytest.mark.parametrize("about_people", [True, False])
def test_fingerprints_confirm_a_guessed_extract_only_where_it_is_not_about_people(
    make_context: MakeContext, settings: Settings, tmp_path: Path, about_people: bool
) -> None:
    other = dropped("director") if about_people else column("director")
    ctx = make_context(dataset(settings.home, [column("a"), other]))
    results = stages(ctx, tmp_path)
    told = json.dumps([result.to_json() for result in results])
    assert SHA256 not in told
    of_partition, of_release = guessed(ctx)
    found = [result.fingerprint in (of_partition, of_release) for result in results]
    assert found == [not about_people] * 4
    assert len({result.fingerprint for result in results[:3]}) == 1
    again = stages(replace(ctx, run_id="run-2"), tmp_path)
    assert [result.fingerprint for result in again] == [result.fingerprint for result in results]


def test_an_extract_about_people_is_not_taken_without_a_key(
    make_context: MakeContext, settings: Settings, tmp_path: Path
) -> None:
    ctx = make_context(dataset(settings.home, [column("a"), dropped("director")]))
    ctx = replace(ctx, settings=replace(settings, key_file=None))
    with pytest.raises(SettingsError) as caught:
        stages(ctx, tmp_path)
    assert "APERTURA_KEY_FILE" in str(caught.value)
