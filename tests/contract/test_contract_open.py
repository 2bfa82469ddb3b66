"""What a draft leaves open is refused with its line until a person decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from apertura.contract import load_contract
from apertura.contract.open import OPEN
from apertura.errors import ContractError

HOME = Path(__file__).resolve().parents[2]
SAT = HOME / "include/datasets/sat/importacion-vehiculos.yaml"


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("access: publica", "access", "publica, confidencial or reservada"),
        ("licence: sin licencia declarada", "licence", "sin licencia declarada"),
        ("basis: otra-ley", "basis", "oficio-art10-N"),
        ("accrualPeriodicity: monthly", "accrualPeriodicity", "annual"),
        ("title: Año del modelo", "title", "delete the line"),
        ("format: dmy", "format", "the source means"),
    ],
)
def test_an_open_place_is_refused_with_its_line(tmp_path: Path, line: str, key: str, words: str) -> None:
    lines = SAT.read_text(encoding="utf-8").splitlines()
    at = next(number for number, text in enumerate(lines) if text.strip() == line)
    lines[at] = lines[at].replace(line, f"{key}: {OPEN}")
    path = tmp_path / "x.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    (told,) = caught.value.message.splitlines()
    assert told.startswith(f"{path}:{at + 1}: ")
    assert f"{key}: not decided yet" in told
    assert words in told


@pytest.mark.parametrize("open_text", [OPEN, f"{OPEN} (pregunté)", f'"{OPEN}"'])
def test_free_text_cannot_hide_that_it_is_open(tmp_path: Path, open_text: str) -> None:
    path = tmp_path / "x.yaml"
    text = SAT.read_text(encoding="utf-8")
    path.write_text(text.replace("title: Importación de vehículos", f"title: {open_text}"), encoding="utf-8")
    with pytest.raises(ContractError, match="title: not decided yet"):
        load_contract(path)


def test_other_faults_are_told_beside_the_open_places(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    text = (
        SAT.read_text(encoding="utf-8")
        .replace("theme: TRAN", "theme: NADA")
        .replace("access: publica", f"access: {OPEN}", 1)
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    told = caught.value.message.splitlines()
    assert len(told) == 2
    assert "access: not decided yet" in told[0]
    assert "theme" in told[1]
