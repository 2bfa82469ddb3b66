"""The master key and what is derived from it."""

from __future__ import annotations

import base64
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from prepare_scene import MakeContext, column, dataset, dropped

from apertura.errors import SettingsError
from apertura.prepare.keys import NO_KEY, MasterKey, create_key, extract_key, key_id, pseudonym_key
from apertura.settings import Settings


def nit_column(name: str = "nit", **pseudonym: str) -> dict[str, object]:
    return column(
        name,
        access="confidencial",
        personal="personal",
        treatment="pseudonymize",
        pseudonym={"domain": "table", "form": "nit"} | pseudonym,
    )


def test_a_new_key_is_random_and_only_ours_to_read(tmp_path: Path) -> None:
    one, two = create_key(tmp_path / "keys" / "one"), create_key(tmp_path / "keys" / "two")
    assert one.secret != two.secret
    assert len(one.secret) == 32
    assert stat.S_IMODE((tmp_path / "keys" / "one").stat().st_mode) == 0o600


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(SettingsError, match="there already"):
        create_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


def test_a_key_is_read_back(tmp_path: Path, settings: Settings) -> None:
    made = create_key(tmp_path / "made.key")
    (tmp_path / "made.key").chmod(0o400)
    assert MasterKey.load(replace(settings, key_file=tmp_path / "made.key")) == made


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o700])
def test_a_key_that_others_could_read_is_refused(settings: Settings, mode: int) -> None:
    assert settings.key_file is not None
    settings.key_file.chmod(mode)
    with pytest.raises(SettingsError, match="others"):
        MasterKey.load(settings)


@pytest.mark.parametrize(
    "content", [b"", b"not base64 !", base64.b64encode(b"31 bytes are not enough for it")]
)
def test_what_is_no_key_is_refused_without_being_quoted(settings: Settings, content: bytes) -> None:
    assert settings.key_file is not None
    settings.key_file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        MasterKey.load(settings)
    assert not content or content.decode() not in str(caught.value)


def test_without_a_key_the_hint_says_how_to_get_one(settings: Settings, tmp_path: Path) -> None:
    for missing in (None, tmp_path / "nowhere.key", tmp_path):
        with pytest.raises(SettingsError) as caught:
            MasterKey.load(replace(settings, key_file=missing))
        assert "APERTURA_KEY_FILE" in str(caught.value)
        assert "apertura key create" in str(caught.value)


def test_a_key_does_not_show_in_its_repr() -> None:
    key = MasterKey(b"\x01" * 32)
    assert repr(key) == "MasterKey()"
    assert len(key.id) == 16
    assert key.id not in key.secret.hex()


def test_a_dataset_without_personal_or_pseudonymized_columns_needs_no_key(
    make_context: MakeContext, settings: Settings
) -> None:
    plain = make_context(dataset(settings.home, [column("a")]))
    keyless = replace(plain, settings=replace(settings, key_file=None))
    assert (key_id(keyless), extract_key(keyless)) == (NO_KEY, None)


COMPANY = nit_column() | {"personal": "none"}


@pytest.mark.parametrize("fields", [[nit_column()], [column("a"), dropped("director")], [COMPANY]])
def test_any_other_dataset_needs_the_key(
    make_context: MakeContext, settings: Settings, fields: list[dict[str, object]]
) -> None:
    ctx = make_context(dataset(settings.home, fields))
    assert key_id(ctx) == MasterKey.load(settings).id
    assert extract_key(ctx) is not None
    keyless = replace(ctx, settings=replace(settings, key_file=None))
    for needed in (key_id, extract_key):
        with pytest.raises(SettingsError) as caught:
            needed(keyless)
        assert "APERTURA_KEY_FILE" in str(caught.value)


def test_the_key_over_extracts_is_of_the_master_key_and_the_dataset(
    make_context: MakeContext, settings: Settings, tmp_path: Path
) -> None:
    ctx = make_context(dataset(settings.home, [dropped("director"), column("a")]))
    create_key(tmp_path / "other.key")
    elsewhere = replace(ctx, settings=replace(settings, key_file=tmp_path / "other.key"))
    sibling = make_context(dataset(settings.home, [dropped("director"), column("a")], institution="oj"))
    assert len({extract_key(each) for each in (ctx, elsewhere, sibling)}) == 3
    assert extract_key(ctx) == extract_key(replace(ctx, run_id="run-2"))


def derived(make_context: MakeContext, settings: Settings, made_of: str, **pseudonym: str) -> bytes:
    ctx = make_context(dataset(settings.home, [nit_column(**pseudonym)]))
    resource = ctx.dataset.contract.resources[0]
    return pseudonym_key(MasterKey.load(settings), ctx, resource.fields[0], resource, made_of)


def test_keys_differ_by_domain_form_and_rotation(make_context: MakeContext, settings: Settings) -> None:
    stable = {"rotation": "stable", "reason": "Prueba."}
    keys = [
        derived(make_context, settings, "a"),
        derived(make_context, settings, "b"),
        derived(make_context, settings, "a", domain="dataset"),
        derived(make_context, settings, "a", domain="group:compras", **stable),
        derived(make_context, settings, "a", form="cui"),
        derived(make_context, settings, "a", **stable),
    ]
    assert len(set(keys)) == len(keys)
    assert derived(make_context, settings, "a") == keys[0]
    assert derived(make_context, settings, "a", **stable) == derived(make_context, settings, "b", **stable)
