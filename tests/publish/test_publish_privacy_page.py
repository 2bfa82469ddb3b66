"""The privacy certificate of a release: its rules, its page, what makes a new release, what stops one."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people_scene import attack, disclosure, people_contract, start_people
from publish_assertions import document, refused
from publish_scene import contract_model, contract_of, field

from apertura.contract import Project
from apertura.errors import FingerprintError, PrivacyError
from apertura.publish import levels, publish, told
from apertura.publish.certificate import privacy_report
from apertura.publish.checks import Compared
from apertura.publish.history import version_name
from apertura.publish.privacy_page import privacy_page
from apertura.runs import work
from apertura.runs.context import Context, StageResult

Released = Callable[..., StageResult]
HOME = Path(__file__).resolve().parents[2]
HOSTILE = "<script>alert(1)</script>\"' onload=x &amp; {{ 7*7 }} </title>"
UNACCENTED = (
    r"\b(publicacion|informacion|institucion|decision|version|proteccion|supresion|excepcion|generalizacion"
    r"|busqueda|articulo|numeros?|region|pais|seudonimos?|via|tambien|mas|segun|habeas|perdida|garantias"
    r"|unic[ao]s?|public[ao]s|ultima|terminos|rectificacion|codigo|caracter|proporcion|tamano|ningun|atras)\b"
)
"""Words of the page that would lack an accent."""


def page_text(contract: dict[str, Any], report: dict[str, Any], home: Path = HOME) -> str:
    return privacy_page(
        contract_model(contract),
        Project(HOME).institution("sat"),
        report,
        home=home,
        rows={"cosas": 100},
        version="v",
        taken="2026-01-15T08:30:00+00:00",
    ).decode()


def report_of(contract: dict[str, Any], gone: int = 2, gate: Any = (), **more: Any) -> dict[str, Any]:
    protected = {"excluded": {}, "disclosure": disclosure(gone, **more)}
    return privacy_report(contract_model(contract), protected, "none", gate)


class _Page(HTMLParser):
    """Elements and attributes of a page, and which elements were left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect",):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)


@pytest.fixture(scope="module")
def text() -> str:
    prior = {
        "title": "Base de datos en línea",
        "url": "https://example.org/x",
        "what": "rows",
        "note": "Nota.",
    }
    contract = people_contract(prior_publications=[prior])
    found = [
        {"resource": "cosas", "column": "lugar", "detector": "name", "hits": 3, "exempt_reason": "Próceres."}
    ]
    return page_text(contract, report_of(contract, gate=found))


def test_the_page_asks_for_nothing_and_can_be_read_by_everybody(text: str) -> None:
    parsed = _Page(text)
    assert parsed.open == []
    tags = parsed.tags
    assert ("html", {"lang": "es-GT"}) in tags
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in tags}
    assert [tag for tag, _ in tags].count("h1") == 1
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {attributes["aria-labelledby"] for _, attributes in tags if "aria-labelledby" in attributes}
    assert named <= set(ids) and named
    assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")
    assert all(attributes.get("aria-hidden") for tag, attributes in tags if tag == "svg")
    links = [str(attributes.get("href")) for tag, attributes in tags if tag == "a"]
    assert [link for link in links if "://" in link] == ["https://example.org/x"]
    assert "default-src 'none'" in text and "url(" not in text


def test_its_spanish_has_its_accents(text: str) -> None:
    words = " ".join(_Page(text).words)
    assert not re.findall(UNACCENTED, words, re.IGNORECASE)
    for part in (
        "Decisión de publicar",
        "Garantías",
        "hábeas data",
        "Última búsqueda",
        "municipio → departamento",
    ):
        assert part in words


def test_known_public_copies_are_a_warning(text: str) -> None:
    assert "hay copias públicas de los registros originales" in text
    assert "Se avisó al operador" in text and "Base de datos en línea" in text


def test_the_gate_s_exemptions_are_told_with_their_reason_and_no_small_count() -> None:
    contract = people_contract()
    entry = {
        "resource": "cosas",
        "column": "lugar",
        "detector": "name",
        "hits": 3,
        "exempt_reason": "Próceres.",
    }
    found = [
        entry,
        {**entry, "detector": "nit", "hits": 0, "exempt_reason": None},
        {**entry, "column": "nombre", "exempt_reason": "No se publica."},
        {**entry, "detector": "inventado", "exempt_reason": "Secreto."},
    ]
    assert report_of(contract, gate=found)["busqueda_de_datos_personales"] == {
        "columnas": 1,
        "detectores": ["NIT", "nombre de persona"],
        "excepciones": [
            {
                "recurso": "cosas", "columna": "lugar", "detector": "nombre de persona",
                "motivo": "Próceres.", "coincidencias": "<5",
            }
        ],
    }  # fmt: skip


@settings(max_examples=15)
@given(kept=st.integers(50, 240))
def test_the_few_who_were_taken_out_cannot_be_told_apart(kept: int) -> None:
    contract = people_contract()
    made = [report_of(contract, gone, kept=kept) for gone in (1, 2, 3, 4)]
    assert made[0] == made[1] == made[2] == made[3]
    measured = made[0]["proteccion"]["tablas"][0]["medido"]
    assert measured["suprimido"]["filas_suprimidas"] == "<5"
    assert measured["utilidad"]["totales"] == {"edad": None}
    pages = {page_text(contract, report) for report in made}
    assert len(pages) == 1


@given(kept=st.integers(50, 240), gone=st.integers(1, 9))
def test_nothing_but_the_published_rows_and_models_is_told_exactly(kept: int, gone: int) -> None:
    report = report_of(people_contract(), 5 * gone + 1, kept=kept)
    measured = report["proteccion"]["tablas"][0]["medido"]
    assert measured["suprimido"]["filas_suprimidas"] == 5 * gone
    assert measured == report_of(people_contract(), 5 * gone, kept=kept)["proteccion"]["tablas"][0]["medido"]


@given(rows=st.integers(250, 100_000), data=st.data())
def test_a_share_of_the_raw_table_fits_many_counts(rows: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, rows - 1))
    share = told.stepped(count / rows, rows)
    assert share is not None
    assert 0 < share < 1
    near = [other for other in range(max(1, count - 60), min(rows, count + 60))
            if told.stepped(other / rows, rows) == share]  # fmt: skip
    assert len(near) >= 25
    assert told.stepped(0.0, rows) == 0.0
    assert told.stepped(1.0, rows) == 1.0


@given(st.integers(0, 249), st.floats(0, 1))
def test_a_small_table_tells_no_share(rows: int, share: float) -> None:
    assert told.stepped(share, rows) is None
    assert told.stepped_up(share, rows, None) is None


@given(st.floats(0, 1), st.integers(250, 10_000), st.one_of(st.none(), st.floats(0.01, 1)))
def test_a_risk_is_never_told_better_than_it_is(value: float, rows: int, asked: float | None) -> None:
    shown = told.stepped_up(value, rows, asked)
    assert shown is not None
    assert shown >= value - 1e-3
    assert told.up(value, asked) >= value - 1e-6
    if asked is not None and value <= asked:
        assert shown <= asked + 1e-3


def test_levels_are_told_in_words() -> None:
    by = {one.name: one for one in contract_model(people_contract()).resources[0].fields}
    assert levels.chosen(by["lugar"], 2, fixed=False)["en_palabras"] == "municipio → región"
    assert levels.chosen(by["edad"], 1, fixed=True)["en_palabras"] == "valor exacto → grupos desde 0, 18"
    assert levels.chosen(by["edad"], 0, fixed=True)["en_palabras"] == "valor exacto, sin generalizar"


def test_hostile_titles_and_reasons_are_text() -> None:
    contract = people_contract(attacker=HOSTILE, unit=HOSTILE)
    contract["title"] = HOSTILE
    contract["resources"][0]["fields"][0]["title"] = HOSTILE
    gate = [{"resource": "cosas", "column": "lugar", "detector": "name", "hits": 9, "exempt_reason": HOSTILE}]
    text = page_text(contract, report_of(contract, gate=gate))
    assert "<script" not in text and "{{ 7*7 }}" in text and "&lt;script&gt;" in text


def test_without_a_model_columns_law_and_exclusions_are_still_told(state: Path, released: Released) -> None:
    rule = {
        "when": {"field": "código", "in": ["x"]},
        "legal_basis": {"basis": "otra-ley", "law": "Decreto 27-2003", "reason": "Menores de edad."},
    }
    contract = contract_of(
        field("código", constraints={"required": True}),
        {"name": "jefa", "source": "NOMBRE DE LA JEFA", "treatment": "drop", "access": "publica",
         "personal": "none"},
    )  # fmt: skip
    contract["resources"][0]["exclude_rows"] = [rule]
    result = released(contract, rows={"cosas": [{"código": "0001"}]})
    folder = state / "public/datos/prueba/cosas/versiones" / str(result.version)
    text = (folder / "privacidad.html").read_text(encoding="utf-8")
    for part in (
        "Decreto 27-2003",
        "Menores de edad.",
        "NOMBRE DE LA JEFA",
        "No sale",
        "Dirección de Prueba",
    ):
        assert part in text
    assert "Ataques intentados" not in text
    assert "privacidad.html" in (folder / "SHA256SUMS").read_text()


def test_a_basis_is_told_with_its_law_and_text() -> None:
    contract = contract_of(field("código"))
    contract["privacy"] = None
    report = privacy_report(contract_model(contract), {"excluded": {}}, "none")
    text = page_text(contract, report)
    assert "Decreto 57-2008, artículo 10, numeral 1" in text
    assert "Información que la entidad debe publicar de oficio." in text


def test_counts_and_attacks_make_no_new_release_and_levels_do(
    start: Callable[..., Context], state: Path, key_file: Path
) -> None:
    first = publish(start_people(start, key_file, disclosure(2)))
    assert first.outcome == "done"
    more = disclosure(9, attacks=[attack(), attack(name="versions", title_es="Resta con la versión 1")])
    assert publish(start_people(start, key_file, more, extract="b")).outcome == "unchanged"
    coarser = copy.deepcopy(disclosure(2, versions=[first.version]))
    coarser["tables"][0]["levels"]["lugar"] = 2
    late = publish(start_people(start, key_file, coarser, extract="c", taken="2026-02-15T08:30:00+00:00"))
    assert late.outcome == "done"
    report = document(state, f"versiones/{late.version}/privacidad.json")
    assert report["recursos"][0]["columnas"][0]["nivel"]["a"] == "región"
    package = document(state, f"versiones/{late.version}/datapackage.json")
    fields = package["resources"][0]["schema"]["fields"]
    assert [one.get("apertura:nivel") for one in fields] == ["región", "valor exacto"]


def test_a_version_that_came_after_the_comparison_stops_the_release(
    start: Callable[..., Context], public: Callable[[], dict[str, str]], key_file: Path
) -> None:
    """Two runs were protected before either of them was published: they know nothing of each other."""
    coarser = copy.deepcopy(disclosure(2))
    coarser["tables"][0]["levels"]["lugar"] = 2
    late = {"extract": "b", "taken": "2026-02-15T08:30:00+00:00"}
    waiting = start_people(start, key_file, coarser, **late)
    first = publish(start_people(start, key_file, disclosure(2)))
    error = refused(waiting, FingerprintError, public)
    assert "protect" in str(error.hint)
    again = start_people(start, key_file, {**coarser, "versions": [first.version]}, **late)
    assert publish(again).outcome == "done"
    assert publish(again).outcome == "unchanged"


def test_a_version_is_not_compared_with_itself(start: Callable[..., Context], key_file: Path) -> None:
    """Protect ran again after its own release was there, and nobody had been told of it."""
    ctx = start_people(start, key_file, disclosure(2))
    protected = work.get_document(ctx, "protect")
    version = version_name(protected["taken"], protected["fingerprint"])
    made = {**protected, "disclosure": disclosure(2, versions=[version])}
    Compared(ctx, made, version).look()
    with pytest.raises(FingerprintError):
        Compared(ctx, made, "20260101T000000Z-aaaaaaaa").look()


def test_what_never_became_a_release_is_not_named() -> None:
    """Its files may still lie in the public bucket, under that name."""
    title = "Resta con la versión 20260110T000000Z-aaaaaaaa"
    tried = [attack(), attack(name="attempts", title_es=title)]
    contract = people_contract()
    assert "20260110T" not in str(report_of(contract, attacks=tried))
    with pytest.raises(PrivacyError):
        report_of(contract, attacks=[attack(name="attempts", passed=False)])


def test_what_a_person_answered_for_is_told_and_only_in_the_release_it_is_for() -> None:
    """The revision is of the release of that moment; nothing is said to have withstood all attacks."""
    entry = {"what": "revision", "resource": "cosas", "version": "20260101T000000Z-aaaaaaaa",
             "taken": "20260115T083000Z", "by": "Dirección de Estadística", "date": "2026-01-16",
             "reason": "Corrección que la institución ya anunció con <b>sus</b> totales."}  # fmt: skip
    contract = people_contract(accepted=[entry])
    tried = [attack(), attack(name="versions", passed=False, accepted=True, succeeded=1)]

    def told(taken: str) -> dict[str, Any]:
        protected = {"excluded": {}, "taken": taken, "disclosure": disclosure(2, attacks=tried)}
        return privacy_report(contract_model(contract), protected, "none")

    report = told("2026-01-15T08:30:00+00:00")
    [one] = report["excepciones_aceptadas"]
    assert (one["motivo"], one["aceptada_por"], one["fecha"]) == (entry["reason"], entry["by"], entry["date"])
    assert [one["clase"] for one in report["ataques"]] == ["enlace"]
    page = page_text(contract, report)
    assert "Excepciones aceptadas" in page and "con &lt;b&gt;sus&lt;/b&gt; totales" in page
    assert "ningún ataque tuvo éxito" not in page and "ninguno tuvo éxito" not in page
    assert "excepciones_aceptadas" not in told("2026-02-15T08:30:00+00:00")


def test_an_attack_that_succeeded_stops_the_release(
    start: Callable[..., Context], public: Callable[[], dict[str, str]], key_file: Path
) -> None:
    made = disclosure(attacks=[attack(passed=False, succeeded=3)])
    refused(start_people(start, key_file, made), PrivacyError, public)
