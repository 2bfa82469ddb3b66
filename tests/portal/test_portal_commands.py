"""`apertura catalogue` and `apertura withdraw`: what they print, their exit codes, that the site follows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import build_scene as scene
import pytest
import yaml
from build_scene import ROWS, SECRET, texts
from catalogue_scene import REASON
from click.testing import CliRunner, Result

from apertura import cli

COSAS = "prueba/cosas"
Command = Callable[..., Result]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ordenes")
    scene.scene(folder)
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    shutil.copytree(published, tmp_path / "estado")
    return tmp_path / "estado"


@pytest.fixture
def command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("APERTURA_STATE", str(folder))
    monkeypatch.setenv("APERTURA_HOME", str(folder / "home"))
    monkeypatch.setenv("APERTURA_SCRATCH", str(folder / "scratch"))
    for name in ("APERTURA_PUBLIC", "APERTURA_PRIVATE", "APERTURA_KEY_FILE", "APERTURA_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: CliRunner().invoke(cli.main, list(arguments))


def test_catalogue_builds_and_says_what_it_did(command: Command, folder: Path) -> None:
    first = command("catalogue")
    assert first.exit_code == 0, first.output
    assert "portal: 2 datasets, 2 of them made again" in first.output
    assert (folder / "public/index.html").is_file()
    again = json.loads(command("catalogue", "--json").output)
    assert (again["made"], again["written"], again["problems"]) == ([], 0, {})
    assert json.loads(command("catalogue", "--json", "--force").output)["made"] == ["prueba/compras", COSAS]


def test_catalogue_with_a_damaged_dataset_ends_with_one_and_names_it(command: Command, folder: Path) -> None:
    next((folder / "public/datos/prueba/compras/versiones").glob("*/release.json")).write_text("{")
    result = command("catalogue")
    assert result.exit_code == 1
    assert "prueba/compras" in result.output + result.stderr
    assert (folder / "public/conjuntos" / COSAS / "index.html").is_file()


def test_withdraw_takes_everything_and_rebuilds(command: Command, folder: Path) -> None:
    command("catalogue")
    result = command("withdraw", COSAS, "--reason", REASON, "--by", "operadora", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert len(told["withdrawn"][0]["versions"]) == 1
    assert told["portal"]["problems"] == {}
    assert [key for key, text in texts(folder).items() if SECRET in text] == []


def test_withdraw_without_the_portal_leaves_its_lists(command: Command, folder: Path) -> None:
    command("catalogue")
    result = command("withdraw", COSAS, "--reason", REASON, "--no-portal")
    assert result.exit_code == 0
    assert "apertura catalogue" in result.stderr
    assert not (folder / "public/conjuntos" / COSAS / "index.html").exists()
    assert SECRET in (folder / "public/catalogo/catalogo.json").read_text()


def exercise(folder: Path) -> str:
    """A guide that answers with rows of cosas; returns the key of its page."""
    guides = folder / "home/include/portal/guides/exercises.yaml"
    one = {
        "slug": "nombres", "theme": "GOVE", "dataset": COSAS, "table": "cosas", "title": "Nombres",
        "question": "¿Qué nombres hay?", "steps": ["Abra el archivo."], "reading": "Así.", "caution": "Ojo.",
        "sql": "SELECT DISTINCT nombre FROM {tabla}",
    }  # fmt: skip
    guides.write_text(yaml.safe_dump({"exercises": [one]}))
    return "guias/nombres/index.html"


def readable(folder: Path) -> list[str]:
    """Objects that show rows of cosas: `compras` has the same words, and stays."""
    return [key for key, text in texts(folder).items() if ROWS in text and "prueba/compras" not in key]


def broken(folder: Path) -> None:
    (folder / "home/include/portal/guides/glossary.yaml").unlink()


def at_work(folder: Path) -> None:
    busy = {"run": "otra", "expires": "2999-01-01T00:00:00+00:00"}
    (folder / "private/leases").mkdir(parents=True, exist_ok=True)
    (folder / "private/leases/portal.json").write_text(json.dumps(busy))


@pytest.mark.parametrize("trouble", [broken, at_work])
def test_a_withdrawal_whose_portal_cannot_be_built_shows_no_row_and_says_what_is_left(
    command: Command, folder: Path, trouble: Callable[[Path], None]
) -> None:
    guide = exercise(folder)
    command("catalogue")
    assert ROWS in texts(folder)[guide]
    assert guide in readable(folder)
    trouble(folder)

    result = command("withdraw", COSAS, "--reason", REASON, "--wait", "0")

    assert result.exit_code != 0
    assert "may still name it" in " ".join(result.stderr.split())
    assert "apertura catalogue" in result.stderr
    assert readable(folder) == []
    left = texts(folder)
    assert SECRET in left["noticias.xml"]  # so it was right to say so


def test_a_withdrawal_whose_portal_was_built_has_nothing_left(command: Command, folder: Path) -> None:
    command("catalogue")
    result = command("withdraw", COSAS, "--reason", REASON, "--json")
    assert (result.exit_code, json.loads(result.output)["left"]) == (0, None)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (COSAS, "--key-id", "0a1b"),
        ("--key-id", "0a1b", "--version", "x"),
        ("--key-id", "0a1b"),
        ("prueba/nada",),
        (COSAS, "--version", "20200101T000000Z-00000000"),
    ],
)
def test_a_withdrawal_of_nothing_in_particular_is_refused(
    command: Command, folder: Path, arguments: tuple[str, ...]
) -> None:
    before = texts(folder)
    assert command("withdraw", *arguments, "--reason", REASON).exit_code == 2
    assert texts(folder) == before


def test_one_that_cannot_be_withdrawn_now_does_not_keep_the_others_of_a_leaked_key(
    command: Command, folder: Path
) -> None:
    for path in (folder / "public/datos").rglob("versiones/*/privacidad.json"):
        path.write_text(json.dumps({"seudonimos": [{"clave": "0a1b"}]}))
    busy = {"run": "otra", "expires": "2999-01-01T00:00:00+00:00"}
    (folder / "private/leases/prueba").mkdir(parents=True, exist_ok=True)
    (folder / "private/leases/prueba/compras.json").write_text(json.dumps(busy))

    result = command("withdraw", "--key-id", "0a1b", "--reason", REASON)

    assert result.exit_code == 3
    assert "prueba/compras" in result.output + result.stderr
    assert list((folder / "public/datos" / COSAS).rglob("retirada.json"))
    assert [key for key, text in texts(folder).items() if SECRET in text] == []


def test_versions_whose_key_nobody_knows_are_told_also_when_the_portal_fails(
    command: Command, folder: Path
) -> None:
    for path in (folder / "public/datos").rglob("versiones/*/privacidad.json"):
        path.write_text("{")
    result = command("withdraw", "--key-id", "0a1b", "--reason", REASON)
    assert result.exit_code == 1
    told = (result.output + result.stderr).split()
    names = [path.name for path in (folder / "public/datos").glob("prueba/*/versiones/*")]
    assert names
    assert all(any(name in word for word in told) for name in names)


def test_a_withdrawal_beside_damage_rebuilds_the_portal_and_tells(command: Command, folder: Path) -> None:
    command("catalogue")
    (version,) = (folder / "public/datos" / COSAS / "versiones").glob("*")
    older = version.with_name(f"20200101T000000Z-{version.name[-8:]}")
    older.mkdir()
    (older / "release.json").write_text("{")

    result = command("withdraw", COSAS, "--version", version.name, "--reason", REASON)

    assert result.exit_code == 1
    assert older.name in result.output + result.stderr
    assert [key for key, text in texts(folder).items() if SECRET in text] == []


def test_a_reason_that_names_a_person_is_not_repeated(command: Command) -> None:
    result = command("withdraw", COSAS, "--reason", "Se publicó a María García López sin permiso.")
    assert result.exit_code == 2
    assert "García" not in result.output + result.stderr


def test_a_project_without_templates_has_no_portal(command: Command, folder: Path) -> None:
    shutil.rmtree(folder / "home/include/portal")
    assert command("catalogue").exit_code == 2
    assert command("withdraw", COSAS, "--reason", REASON).exit_code == 0
