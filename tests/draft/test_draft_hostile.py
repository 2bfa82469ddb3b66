"""A file with persons everywhere: nothing of them is in the draft, on the screen, or in an error."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from draft_scene import as_document, plantings, written

from apertura import cli
from apertura.contract.open import OPEN
from apertura_demo.people import Person, make_person

PEOPLE = [make_person(random.Random(seed)) for seed in range(40)]
STRANGERS = ["Ana Lucía Pérez Gómez", "LOPEZ GARCIA JUAN", "Lic. Mynor Xitumul"]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _found(text: str, people: list[Person]) -> list[str]:
    """Which words of the people are in a text, however written."""
    wanted = {word for person in people for word in (person.name, person.surname, person.cui, person.mobile)}
    wanted |= {word for name in STRANGERS for word in name.split() if len(word) > 4}
    wanted |= {f"{person.mobile[:4]}-{person.mobile[4:]}" for person in people} | {"ana.perez"}
    return sorted(word for word in wanted if _plain(word) in _plain(text))


def _book(path: Path) -> Path:
    """A workbook whose sheet, header and cells hold persons: a header each, and categories of few of them."""
    first = PEOPLE[0]
    book = openpyxl.Workbook()
    book.active.title = "Claves"
    book.active.append(["codigo", "valor"])
    sheet = book.create_sheet(first.name[:31])
    sheet.append(
        [
            "Monto",
            first.name,
            first.cui,
            f"Tel. {first.mobile[:4]}-{first.mobile[4:]}",
            "ana.perez@correo.gt",
            STRANGERS[0],
            "Observaciones",
            "Grupo",
            "Clave",
        ]
    )
    for number in range(120):
        person = PEOPLE[number % len(PEOPLE)]
        few = PEOPLE[number % 3]
        sheet.append(
            [
                number * 10,
                person.name,
                person.cui,
                person.mobile,
                "ana.perez@correo.gt",
                STRANGERS[number % 3],
                f"llamar a {person.name} al {person.mobile[:4]}-{person.mobile[4:]}",
                few.surname.split()[0],
                few.cui,
            ]
        )
    book.save(path)
    return path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """The draft on the screen, as a file with its table, and as JSON; the file's name is a person's, too."""
    folder = tmp_path_factory.mktemp("hostile")
    path = str(_book(folder / f"{PEOPLE[0].name} {PEOPLE[0].cui}.xlsx"))
    written = folder / "draft.yaml"
    runner = CliRunner()
    screen = runner.invoke(cli.main, ["draft", path])
    made = runner.invoke(cli.main, ["draft", path, "--write", str(written), "--json"])
    assert (screen.exit_code, made.exit_code) == (0, 0), screen.output
    return screen.output + screen.stderr, written.read_text(encoding="utf-8"), made.output


def test_the_test_can_fail(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(_book(tmp_path / "x.xlsx")).worksheets[1]
    everything = sheet.title + str(list(sheet.values))
    assert len(_found(everything, PEOPLE)) > 150


def test_nothing_of_a_person_is_shown(shown: tuple[str, str, str]) -> None:
    for text in shown:
        assert _found(text, PEOPLE) == []


def test_hidden_names_are_told_by_position(shown: tuple[str, str, str], tmp_path: Path) -> None:
    screen, text, made = shown
    document = as_document(text, tmp_path)
    fields = document["resources"][0]["fields"]
    hidden = [field["name"] for field in fields if field["source"] == OPEN]
    assert hidden == ["columna_2", "columna_3", "columna_4", "columna_5", "columna_6"]
    assert document["reader"]["sheet"] == OPEN
    assert "columns 2, 3, 4, 5, 6" in screen
    assert json.loads(made)["open"] == text.count(OPEN) - 1  # the first comment speaks of the word


def test_columns_of_persons_are_dropped_or_left_open_and_never_listed(
    shown: tuple[str, str, str], tmp_path: Path
) -> None:
    fields = {field["name"]: field for field in as_document(shown[1], tmp_path)["resources"][0]["fields"]}
    for name in ("columna_2", "columna_3", "columna_5", "columna_6", "clave", "observaciones"):
        assert (fields[name]["treatment"], fields[name]["personal"]) == ("drop", "personal"), name
    assert fields["columna_4"]["treatment"] == OPEN  # eight digits without a name: somebody looks
    assert fields["grupo"]["treatment"] == OPEN  # surnames alone, in no list of ours
    assert not any("enum" in field.get("constraints", {}) for field in fields.values())


@pytest.mark.parametrize("name", [PEOPLE[3].name, STRANGERS[1]])
def test_errors_tell_nothing_of_a_file_without_header(tmp_path: Path, name: str) -> None:
    rows = [[name, PEOPLE[3].cui, "Zacapa"] for _ in range(30)]
    path = written(tmp_path / f"{name}.csv", rows)
    result = CliRunner().invoke(cli.main, ["draft", str(path)])
    assert result.exit_code == 1
    assert "no row names the columns" in result.output + result.stderr
    assert _found(result.output + result.stderr, PEOPLE) == []
    missing = CliRunner().invoke(cli.main, ["draft", str(tmp_path / f"otra {name}.csv")])
    assert missing.exit_code == 1
    assert _found(missing.output + missing.stderr, PEOPLE) == []


def test_a_draft_is_written_over_only_by_force(tmp_path: Path) -> None:
    source = written(tmp_path / "x.csv", plantings())
    target = tmp_path / "draft.yaml"
    target.write_text("decided", encoding="utf-8")
    refused = CliRunner().invoke(cli.main, ["draft", str(source), "--write", str(target)])
    assert refused.exit_code == 2
    assert target.read_text(encoding="utf-8") == "decided"
    forced = CliRunner().invoke(cli.main, ["draft", str(source), "--write", str(target), "--force"])
    assert forced.exit_code == 0
    assert f"title: {OPEN}" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize("key", ["1234567890101", "Juan Pérez López"])
def test_a_key_of_a_document_that_is_a_person_is_left_open(tmp_path: Path, key: str) -> None:
    path = tmp_path / "datos.json"
    path.write_text(json.dumps({key: [{"monto": n, "zona": n % 3} for n in range(60)]}), encoding="utf-8")
    made = CliRunner().invoke(cli.main, ["draft", str(path)])
    assert made.exit_code == 0, made.output
    assert f"records: [{OPEN}" in made.output
    assert not any(word in made.output for word in (key, *key.split()))


def test_a_key_of_a_document_that_is_nobody_stays(tmp_path: Path) -> None:
    path = tmp_path / "datos.json"
    path.write_text(json.dumps({"registros": [{"monto": n} for n in range(60)]}), encoding="utf-8")
    made = CliRunner().invoke(cli.main, ["draft", str(path)])
    assert "registros[]" in made.output
