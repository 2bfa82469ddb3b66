"""docs/adding-a-dataset.md is followed to the letter: from a file nobody has seen to a green release."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # five commands, each a process of its own

HOME = Path(__file__).resolve().parents[2]
PAGE = HOME / "docs/adding-a-dataset.md"
CONTRACT = "include/datasets/inab/plantaciones.yaml"
BLOCK = re.compile(r"^```(?P<kind>\w*) ?(?P<file>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which all blocks of the page were carried out in their order."""
    home = tmp_path_factory.mktemp("project")
    for name in ("include/institutions", "include/reference", "sql", "expectations"):
        shutil.copytree(HOME / name, home / name)
    walk = PAGE.read_text(encoding="utf-8").partition("## Cleaning words")[0]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("APERTURA_")}
    environ |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "APERTURA_HOME": str(home),
        "APERTURA_STATE": str(home / "state"),
        "APERTURA_SCRATCH": str(home),
    }
    told = []
    script = "set -euo pipefail\n"
    for block in BLOCK.finditer(walk):
        if block["kind"] == "sh":
            # What is exported in one block holds in those that follow, as in a reader's shell.
            script += (
                "\n".join(line for line in block["text"].splitlines() if line.startswith("export ")) + "\n"
            )
            done = subprocess.run(
                ["bash", "-c", script + block["text"]],
                cwd=home,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            told.append(done.stdout + done.stderr)
            assert done.returncode == 0, told[-1]
        elif block["file"]:
            path = home / block["file"]
            if block["file"] == CONTRACT:
                shutil.copy(path, home / "draft.yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
    (home / "told.txt").write_text("\n".join(told), encoding="utf-8")
    return home


def test_the_release_holds_what_was_decided_and_no_person(walked: Path) -> None:
    (path,) = walked.glob("try/public/datos/inab/plantaciones/latest/plantaciones.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 60
    assert rows[0] == {
        "codigo": "0001-2025",
        "departamento_codigo": "17",
        "departamento": "Petén",
        "municipio_codigo": "1701",
        "municipio": "Flores",
        "especie": "Cedro",
        "fecha_de_siembra": "2025-06-02",
        "area": "1.50",
        "inversion": "1201.00",
    }
    published = "".join(
        file.read_text(encoding="utf-8", errors="ignore")
        for file in walked.rglob("try/public/**/*.*")
        if file.is_file()
    )
    for surname in ("Ramírez", "Morales", "García"):
        assert surname in (walked / "plantaciones.csv").read_text(encoding="utf-8")
        assert surname not in published
        assert surname not in (walked / "told.txt").read_text(encoding="utf-8")
        assert surname not in (walked / "draft.yaml").read_text(encoding="utf-8")


def test_the_page_shows_the_draft_as_it_is_made_today(walked: Path) -> None:
    """Every line that the draft decides stands in the decided contract."""
    decided = set((walked / CONTRACT).read_text(encoding="utf-8").splitlines())
    drafted = (walked / "draft.yaml").read_text(encoding="utf-8").splitlines()
    lines = [re.sub(r"\s{2,}#.*", "", line) for line in drafted if not line.strip().startswith("#")]
    assert [line for line in lines if "POR DECIDIR" not in line and line not in decided] == []
    assert sum("POR DECIDIR" in line for line in lines) > 30


def test_the_refusal_is_told_as_on_the_page(walked: Path) -> None:
    shown = f"{CONTRACT}:8: title: not decided yet; in place of POR DECIDIR write a title in Spanish"
    assert shown in PAGE.read_text(encoding="utf-8")
    assert shown in (walked / "told.txt").read_text(encoding="utf-8")


def test_the_dag_is_like_its_neighbours() -> None:
    (block,) = [b for b in BLOCK.finditer(PAGE.read_text(encoding="utf-8")) if b["file"] == "dags/inab.py"]
    neighbour = (HOME / "dags/sat.py").read_text(encoding="utf-8")
    code = neighbour.partition('"""\n\nfrom')[2]
    assert block["text"].partition('"""\n\nfrom')[2] == code.replace('"sat"', '"inab"')
