"""The scanner's positive control: a canary in each kind of place, in each encoding, is found.

And its negative control: what holds none gives no finding, and what cannot be opened is said to be so.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import canary_places
import pytest
from canary_places import NAME, PERSON, PLACES

from apertura_demo import mineduc, oj, sat
from apertura_demo.canary import default_canaries, encodings, main
from apertura_demo.people import cui_check_digit, nit_check_digit
from apertura_demo.scan import UNREADABLE, Finding, scan

PEOPLE = default_canaries()
VALUES = {
    "name": NAME,
    "cui": PERSON.cui,
    "nit": PERSON.nit,
    "mobile": PERSON.mobile,
    "email": PEOPLE.of("victima").email,
    "address": PERSON.address,
    "word": PERSON.surname.split()[1],
}
NEEDLES = {needle.id: needle.value for needle in PEOPLE.needles}


def needles_in(path: Path) -> set[str]:
    return {finding.needle for finding in scan([path], PEOPLE)}


def test_the_fake_people_have_right_numbers_and_share_nothing() -> None:
    for canary in PEOPLE.people:
        person = canary.person
        assert cui_check_digit(person.cui[:8]) == int(person.cui[8])
        assert nit_check_digit(person.nit[:-1]) == person.nit[-1]
        assert person.mobile[0] in "345"
        assert len(person.mobile) == 8
    assert len(set(NEEDLES.values())) == len(NEEDLES)


@pytest.mark.parametrize("way", encodings("Ana Paz"))
@pytest.mark.parametrize("kind", VALUES)
def test_every_value_is_found_in_every_way_of_writing(kind: str, way: str, tmp_path: Path) -> None:
    text = f"2026-01-31 INFO fila 12: {encodings(VALUES[kind])[way]}, fin.\n"
    path = tmp_path / "task.log"
    path.write_text(text)
    found = needles_in(path)
    assert {VALUES[kind]} & {NEEDLES[needle] for needle in found if needle != UNREADABLE}


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_charset(charset: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(f"José Núñez; {NAME}; ñ".encode(charset))
    assert "victima-nombre" in needles_in(tmp_path)


def test_base64_and_url_of_latin1(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(base64.b64encode(f"director: {NAME}".encode("latin-1")))
    assert "victima-nombre" in needles_in(tmp_path / "a")
    (tmp_path / "b").write_text("".join(f"%{byte:02X}" for byte in NAME.encode("latin-1")))
    assert "victima-nombre" in needles_in(tmp_path / "b")


@pytest.mark.parametrize("wrap", [60, 64, 76])
@pytest.mark.parametrize("offset", range(4))
def test_base64_of_a_longer_text_in_lines(offset: int, wrap: int, tmp_path: Path) -> None:
    whole = base64.b64encode(("x" * (97 + offset) + NAME + "y" * 90).encode()).decode()
    (tmp_path / "a").write_text("\r\n".join(whole[i : i + wrap] for i in range(0, len(whole), wrap)))
    assert "victima-nombre" in needles_in(tmp_path)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize("kind", ["name", "cui", "nit", "mobile"])
def test_a_hash_without_a_key_is_found(algorithm: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"1,{hashlib.new(algorithm, VALUES[kind].encode()).hexdigest()},2\n")
    assert {VALUES[kind]} & {NEEDLES[needle] for needle in needles_in(tmp_path)}


@pytest.mark.parametrize("text", ["5{}-{}", "(502) 5{} {}", "+5025{}{}", "tel.5{}/{};", "[5{}.{}]"])
def test_a_mobile_however_written(text: str, tmp_path: Path) -> None:
    rest = PERSON.mobile[1:]
    (tmp_path / "a").write_text(text.format(rest[:3], rest[3:]))
    assert "victima-movil" in needles_in(tmp_path)


def test_digits_that_only_contain_a_mobile_are_no_finding(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(
        f"9{PERSON.mobile}1 y {PERSON.mobile[:5]},{PERSON.mobile[5:]} y {PERSON.mobile}7"
    )
    assert needles_in(tmp_path) == set()


@pytest.mark.parametrize("place", PLACES)
def test_a_canary_is_found_in_every_kind_of_place(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    PLACES[place](folder / "x")
    findings = scan([folder], PEOPLE)
    assert {f.needle for f in findings} & {"victima-apellido-2", "victima-cui"}
    assert UNREADABLE not in {f.needle for f in findings}
    for finding in findings:
        assert not any(value in str(finding) for value in VALUES.values()), "a finding tells no value"
        assert base64.urlsafe_b64encode(NAME.encode()).decode() not in str(finding)


BROKEN = {
    "parquet": b"PAR1 and nothing more",
    "zip": b"PK\x03\x04 and nothing more",
    "gzip": gzip.compress(b"x" * 999)[:-9],
    "sqlite": b"SQLite format 3\0 and nothing more",
    "arrow": b"ARROW1\0\0 and nothing more",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_cannot_be_opened_is_a_finding(kind: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(BROKEN[kind])
    assert UNREADABLE in needles_in(tmp_path)


def test_nested_too_deeply_is_a_finding_and_not_a_silence(tmp_path: Path) -> None:
    data = NAME.encode()
    for _ in range(9):
        data = gzip.compress(data)
    (tmp_path / "x").write_bytes(data)
    assert UNREADABLE in needles_in(tmp_path)


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan([tmp_path / "nowhere"], PEOPLE)


def test_clean_files_of_every_kind_give_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same writers with another person in the canary's place."""
    import random

    from apertura_demo.people import make_person

    stranger = make_person(random.Random(11))
    monkeypatch.setattr(canary_places, "NAME", stranger.name)
    monkeypatch.setattr(canary_places, "PERSON", stranger)
    for number, (place, write) in enumerate(PLACES.items()):
        if not place.startswith("sqlite ") or place in ("sqlite deleted row", "sqlite write-ahead log"):
            (tmp_path / str(number)).mkdir()
            write(tmp_path / str(number) / "x")
    assert scan([tmp_path], PEOPLE) == []


def test_generated_institutions_without_planting_are_clean_and_with_it_are_not(tmp_path: Path) -> None:
    def write(folder: Path, **options: object) -> Path:
        sat.write(folder / "sat", **options)  # type: ignore[arg-type]
        mineduc.write(folder / "mineduc", count=14, **options)  # type: ignore[arg-type]
        oj.write(folder / "oj", cases=600, **options)  # type: ignore[arg-type]
        return folder

    assert scan([write(tmp_path / "clean")], PEOPLE) == []
    findings = scan([write(tmp_path / "planted", canaries=PEOPLE)], PEOPLE)
    by_institution = {
        institution: {f.needle for f in findings if f"/planted/{institution}/" in f.path}
        for institution in ("sat", "mineduc", "oj")
    }
    assert {
        "funcionario-nombre",
        "funcionario-nit",
        "funcionario-cui",
        "funcionario-correo",
    } <= by_institution["sat"]
    assert {"director-nombre", "director-movil", "supervisor-nombre", "supervisor-cui"} <= by_institution[
        "mineduc"
    ]
    assert {"sindicado-cui", "victima-nombre", "juez-nombre", "sindicado-direccion"} <= by_institution["oj"]


def test_a_canary_in_the_search_index_is_found(tmp_path: Path) -> None:
    """Pagefind's files are compressed, and a word may stand in its index as well as in a page's fragment."""
    from apertura.portal import search

    page = f"<html lang='es'><body data-pagefind-body><h1>Cosas</h1><p>{NAME}; {PERSON.cui}</p></body></html>"
    text = search.searched(page.encode())
    assert text is not None
    files, switch = search.index({"conjuntos/a/b/index.html": text, "index.html": text}, tmp_path / "scratch")
    for file in [*files, switch]:
        target = tmp_path / "public" / file.key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data if isinstance(file.data, bytes) else file.data.read_bytes())
    found = scan([tmp_path / "public"], PEOPLE)
    assert {"victima-nombre", "victima-cui"} <= {one.needle for one in found}
    assert all(one.path.endswith((".pf_fragment", ".pf_index", ".pf_meta", ".pf_filter")) for one in found)
    assert NAME.split()[0] not in "".join(str(one) for one in found)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("nada")
    assert main(["scan", str(tmp_path)]) == 0
    (tmp_path / "b.txt").write_text(NAME)
    assert main(["scan", str(tmp_path / "a.txt"), str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "victima-nombre" in printed
    assert "b.txt" in printed
    assert NAME not in printed


def test_findings_are_sorted_and_unique(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{NAME}\n{NAME}")
    findings = scan([tmp_path, tmp_path], PEOPLE)
    assert findings == sorted(set(findings))
    assert Finding(str(tmp_path / "a.txt"), "content", "victima-nombre") in findings
