"""guatecompras/procesos: procurement as tables and as valid OCDS, without anybody's number or mailbox."""

from __future__ import annotations

import json
import re
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from datasets_run import State
from libcoveocds.api import ocds_json_output
from libcoveocds.config import LibCoveOCDSConfig

from apertura.sources.endpoint import Endpoint
from apertura_demo import guatecompras
from apertura_demo.canary import default_canaries
from apertura_demo.scan import scan
from apertura_demo.server import make_server

pytestmark = pytest.mark.timeout(400)  # many columns, each searched for people: slow on a busy machine

PROCESSES = "guatecompras/procesos"
PSEUDONYM = r"GT-NIT-[a-p]{32}"


def source_releases(folder: Path) -> dict[str, dict[str, Any]]:
    """The generated releases by id, read by nothing of ours."""
    found: dict[str, dict[str, Any]] = {}
    for month in guatecompras.MONTHS:
        document = json.loads((folder / f"{month}.json").read_text("utf-8"))
        if isinstance(document, dict):
            document = document.get("releases") or [one["compiledRelease"] for one in document["records"]]
        found |= {one["id"]: one for one in document}
    return found


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> State:
    """All months that the source's index offers, with a fake official everywhere."""
    state = State(tmp_path_factory.mktemp("procurement"), PROCESSES)
    guatecompras.write(state.folder / "source" / "guatecompras", count=5, canaries=default_canaries())
    server = make_server(state.folder / "source")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    host = f"http://127.0.0.1:{server.server_address[1]}/guatecompras/"
    extra = {"allow_private": True, "retries": 0}
    try:
        state.run(endpoint=Endpoint.from_parts("http", host, extra=extra, connection_id="guatecompras_http"))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    return state


@pytest.fixture(scope="module")
def releases(generated: State) -> dict[str, dict[str, Any]]:
    return source_releases(generated.folder / "source" / "guatecompras")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_extracts: Path) -> State:
    state = State(tmp_path_factory.mktemp("procurement"), PROCESSES)
    state.run(*sorted((real_extracts / "guatecompras").glob("*.json")), partitions=["2026-04"])
    return state


def package(state: State) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(state.published("ocds.json").read_text("utf-8"))
    return document


def is_natural(party: dict[str, Any]) -> bool:
    """By construction of the generator: neither company nor consortium."""
    return not re.search(r"S\.A\.$|^CONSORCIO|MUNICIPALIDAD", party["name"])


def test_every_process_item_and_award_is_there(generated: State, releases: dict[str, Any]) -> None:
    rows = generated.rows("procesos")
    assert {row["publicacion_id"] for row in rows} == set(releases)
    assert len(rows) == 15
    assert len(generated.rows("items")) == 15
    awards = {row["adjudicacion_id"]: Decimal(row["monto"]) for row in generated.rows("adjudicaciones")}
    told = [award for one in releases.values() for award in one.get("awards", [])]
    assert awards == {award["id"]: Decimal(str(award["value"]["amount"])) for award in told}
    pairs = [(award["id"], supplier["name"]) for award in told for supplier in award["suppliers"]]
    assert sorted(pairs) == sorted(
        (row["adjudicacion_id"], row["nombre"]) for row in generated.rows("adjudicados")
    )


def test_the_number_of_a_natural_person_is_a_pseudonym_and_that_of_a_firm_stays(
    generated: State, releases: dict[str, Any]
) -> None:
    published = {
        (row["publicacion_id"], row["nombre"]): row["proveedor_id"] for row in generated.rows("proveedores")
    }
    seen = set()
    for one in releases.values():
        for party in one["parties"][2:]:
            told = published[one["id"], party["name"]]
            natural = is_natural(party)
            seen.add((natural, len(party["identifier"]["id"]) == 13))
            assert re.fullmatch(PSEUDONYM, told) if natural else told == party["id"]
    assert seen == {(True, True), (True, False), (False, False)}, "each kind of supplier is among them"


def test_one_person_has_one_pseudonym_in_every_table_and_month(generated: State) -> None:
    suppliers = {
        (row["publicacion_id"], row["nombre"]): row["proveedor_id"] for row in generated.rows("proveedores")
    }
    for row in generated.rows("adjudicados"):
        assert suppliers[row["publicacion_id"], row["nombre"]] == row["proveedor_id"]
    by_name: dict[str, set[str]] = {}
    for (_, name), told in suppliers.items():
        by_name.setdefault(name, set()).add(told)
    assert len(by_name) > 10


def test_numbers_of_people_are_nowhere(generated: State, releases: dict[str, Any]) -> None:
    numbers = {
        party["identifier"]["id"]
        for one in releases.values()
        for party in one["parties"][2:]
        if is_natural(party)
    }
    assert len(numbers) >= 7
    written = numbers | {f"{number[:-1]}-{number[-1]}" for number in numbers}
    root = generated.folder / "public"
    texts = {
        path.name: path.read_text("utf-8")
        for path in root.rglob("*")
        if path.suffix in (".csv", ".json", ".xml")
    }
    assert "ocds.json" in texts
    assert not [name for name, text in texts.items() if any(number in text for number in written)]
    files = {row["url"] for row in generated.rows("documentos") if row["titulo"] == "Oferta"}
    assert any(re.search(r"@[a-p]{32}%20OFERTA", url) for url in files), "the file name has the pseudonym"
    assert any(re.search(r"@9\d{8}[\dK]%20OFERTA", url) for url in files), "a firm's number stays"


def test_officials_are_gone_and_offices_are_kept(generated: State) -> None:
    contacts = generated.rows("entidades")
    assert {row["correo"] for row in contacts} == {""}, (
        "the fake official's mailbox took the place of every office's"
    )
    assert not list(scan([generated.folder / "public"], default_canaries()))


def test_a_text_that_names_an_official_is_refused(generated: State, releases: dict[str, Any]) -> None:
    told = {(row["publicacion_id"], row["documento_id"]): row for row in generated.rows("documentos")}
    for one in releases.values():
        for document in one["tender"]["documents"]:
            row = told[one["id"], document["id"]]
            named = document["title"].startswith(("CV de", "Nombramiento de"))
            assert (row["titulo"], row["url"]) == ("", "") if named else row["titulo"] == document["title"]


def test_quantities_are_read_in_both_shapes(generated: State) -> None:
    assert {row["cantidad"] for row in generated.rows("items")} == {"100.0000"}


def test_every_row_says_where(generated: State) -> None:
    for resource in (
        "procesos",
        "items",
        "proveedores",
        "adjudicaciones",
        "adjudicados",
        "documentos",
        "entidades",
    ):
        for row in generated.rows(resource):
            assert re.fullmatch(r"(0[1-9]|1\d|2[0-2])\d\d", row["municipio_codigo"])
            assert row["municipio_codigo"].startswith(row["departamento_codigo"])
            assert row["departamento"]
            assert row["municipio"]


def test_the_package_is_the_tables_again(generated: State, releases: dict[str, Any]) -> None:
    document = package(generated)
    assert [one["id"] for one in document["releases"]] == sorted(releases)
    for one in document["releases"]:
        source = releases[one["id"]]
        assert one["tag"] == source["tag"]
        assert one["date"] == source["date"]
        assert len(one["parties"]) == len(source["parties"])
        assert one["tender"]["items"][0]["quantity"] == 100
        amounts = [award["value"]["amount"] for award in one.get("awards", [])]
        assert amounts == [award["value"]["amount"] for award in source.get("awards", [])]
        known = {party["id"] for party in one["parties"]}
        for award in one.get("awards", []):
            assert {supplier["id"] for supplier in award["suppliers"]} <= known


def check_ocds(package: Path, folder: Path, standards: Path) -> dict[str, Any]:
    """The package held against the standard's own schemas, without the network."""
    options = LibCoveOCDSConfig({"context": "api"})
    archive = next((standards / "ocds-1.1.5").glob("*.zip"))
    options.config["standard_zip"] = archive.as_uri()
    result: dict[str, Any] = ocds_json_output(str(folder), str(package), lib_cove_ocds_config=options)
    return result


def test_the_package_is_valid_ocds(generated: State, tmp_path: Path, standards: Path) -> None:
    result = check_ocds(generated.published("ocds.json"), tmp_path, standards)
    assert result["version_used"] == "1.1"
    assert result["validation_errors"] == []
    broken = package(generated)
    del broken["releases"][0]["ocid"]
    broken["releases"][1]["date"] = "ayer"
    (tmp_path / "broken.json").write_text(json.dumps(broken), "utf-8")
    assert len(check_ocds(tmp_path / "broken.json", tmp_path, standards)["validation_errors"]) == 2


@pytest.mark.real
def test_the_real_package_is_valid_ocds(real: State, tmp_path: Path, standards: Path) -> None:
    assert check_ocds(real.published("ocds.json"), tmp_path, standards)["validation_errors"] == []


@pytest.mark.real
def test_real_releases_with_and_without_a_package(real: State) -> None:
    rows = real.rows("procesos")
    # Three files hold two releases: one of them comes twice, with and without its package.
    assert [row["ocid"] for row in rows] == ["ocds-xqjsxa-29813743", "ocds-xqjsxa-29846285"]
    assert [len(real.rows(name)) for name in ("items", "documentos", "entidades")] == [2, 31, 4]
    assert [real.rows(name) for name in ("proveedores", "adjudicaciones", "adjudicados")] == [[], [], []]
    records = [path.read_text("utf-8") for path in (real.folder / "private" / "runs").rglob("*.json")]
    assert not any("does not declare" in text for text in records)


@pytest.mark.real
def test_real_rows_looked_up_by_eye(real: State) -> None:
    first, second = real.rows("procesos")
    assert (first["comprador_id"], first["municipio"], first["departamento"]) == (
        "GT-NIT-6200060", "Concepción Tutuapa", "San Marcos",
    )  # fmt: skip
    assert (first["categoria"], first["modalidad"]) == ("works", "Licitación Pública (Art. 17 LCE)")
    assert (second["municipio_codigo"], second["fecha"], second["ofertantes"]) == (
        "0503",
        "2026-04-01T10:34:09",
        "0",
    )
    assert {row["cantidad"] for row in real.rows("items")} == {"100.0000", "1900.0000"}
    entity = real.rows("entidades")[0]
    assert entity["nombre"] == "MUNICIPALIDAD DE CONCEPCIÓN TUTUAPA, SAN MARCOS"
    # Mobiles, and mailboxes on private domains, do not leave.
    assert {(row["correo"], row["telefono"], row["fax"]) for row in real.rows("entidades")} == {("", "", "")}


@pytest.mark.real
def test_no_official_of_the_real_releases_is_published(real: State, real_extracts: Path) -> None:
    """Names, mailboxes and telephones of every contact point, looked for in every file that is published."""
    people: set[str] = set()
    for path in (real_extracts / "guatecompras").glob("*.json"):
        document = json.loads(path.read_text("utf-8"))
        for release in document.get("releases", [document]):
            for party in release["parties"]:
                points = [party.get("contactPoint") or {}, *(party.get("additionalContactPoints") or [])]
                people |= {
                    str(point.get(key) or "") for point in points for key in ("name", "email", "telephone")
                }
    # An office that is its own contact is no person.
    offices = {row["nombre"] for row in real.rows("entidades")}
    people = {text for text in people if len(text) > 6 and text not in offices}
    assert len(people) >= 4
    public = real.folder / "public"
    published = "".join(
        path.read_bytes().decode("utf-8", "replace") for path in public.rglob("*") if path.is_file()
    )
    assert "CONCEPCIÓN TUTUAPA" in published
    assert sum(text in published for text in people) == 0
