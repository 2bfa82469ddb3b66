"""The metadata of a release: valid by the standards, in Spanish for people, without small counts."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frictionless
import jsonschema
import pytest
from publish_scene import contract_of, default_contract, default_rows, expectation, field, settings_in

from apertura.prepare.keys import MasterKey
from apertura.runs.context import StageResult

Released = Callable[..., StageResult]

PERSON = {"access": "confidencial", "personal": "personal"}
BASIS = {"basis": "otra-ley", "law": "Decreto 27-2003", "reason": "Menores de edad."}


def people_contract(**more: Any) -> dict[str, Any]:
    """About people: a pseudonym, an age band; dropped, transient and reserved columns; excluded rows."""
    contract = contract_of(
        field("persona", treatment="pseudonymize", pseudonym={"domain": "table", "form": "cui"}, **PERSON),
        field("edad", "integer", treatment="generalize", generalize={"bands": [0, 18, 65]}, **PERSON),
        {"name": "nombre", "source": "NOMBRE COMPLETO", "treatment": "drop", **PERSON},
        {"name": "nacimiento", "source": "FECHA NAC.", "treatment": "transient", **PERSON},
        {
            "name": "operativo",
            "source": "OPERATIVO",
            "access": "reservada",
            "personal": "none",
            "treatment": "drop",
            "reserve": {"resolution": "12-2025", "date": "2025-01-01", "expires": "2030-01-01"},
        },
        **more,
    )
    resource = contract["resources"][0]
    resource["primaryKey"] = []
    resource["exclude_rows"] = [{"when": {"field": "nombre", "matches": "X"}, "legal_basis": BASIS}]
    return contract


@pytest.fixture
def version_file(state: Path) -> Callable[[StageResult, str], Any]:
    """A JSON document of a published version."""

    def read(result: StageResult, name: str) -> Any:
        folder = state / "public/datos/prueba/cosas/versiones" / str(result.version)
        return json.loads((folder / name).read_text(encoding="utf-8"))

    return read


VersionFile = Callable[[StageResult, str], Any]
PEOPLE_ROWS = {"cosas": [{"persona": "a" * 32, "edad": "0-17"}] * 7}


def publish_people(released: Released, key_file: Path, **left: Any) -> StageResult:
    """Publish the dataset about people: seven rows."""
    left.setdefault("protected", {"rows_in": 7})
    return released(people_contract(), rows=PEOPLE_ROWS, key_file=key_file, **left)


@pytest.fixture(params=["default", "people"])
def either(request: pytest.FixtureRequest, released: Released, key_file: Path) -> StageResult:
    """A release of the plain dataset, and one of the dataset about people."""
    return released() if request.param == "default" else publish_people(released, key_file)


def test_datapackage_is_valid_by_data_package_2(
    either: StageResult, version_file: VersionFile, standards: Path
) -> None:
    profile = json.loads((standards / "datapackage-2.0" / "datapackage.json").read_text())
    package = version_file(either, "datapackage.json")
    jsonschema.Draft7Validator(profile).validate(package)
    broken = {**package, "resources": [{"name": "cosas"}]}
    assert not jsonschema.Draft7Validator(profile).is_valid(broken)


def folder_of(state: Path, result: StageResult) -> Path:
    return state / "public/datos/prueba/cosas/versiones" / str(result.version)


def test_frictionless_accepts_package_and_rows(state: Path, either: StageResult) -> None:
    report = frictionless.validate(str(folder_of(state, either) / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])
    assert report.tasks[0].stats["rows"] in (3, 7)


def test_frictionless_finds_a_row_that_breaks_the_dictionary(state: Path, released: Released) -> None:
    rows = default_rows()
    rows[1]["código"] = "no es código"
    result = released(rows={"cosas": rows})
    report = frictionless.validate(str(folder_of(state, result) / "datapackage.json"))
    assert [error.type for error in report.tasks[0].errors] == ["constraint-error"]


def test_dictionary_tells_types_units_constraints_and_key(
    released: Released, version_file: VersionFile
) -> None:
    package = version_file(released(), "datapackage.json")
    schema = package["resources"][0]["schema"]
    fields = {one["name"]: one for one in schema["fields"]}
    assert schema["primaryKey"] == ["código"]
    assert schema["missingValues"] == [""]
    assert [one["type"] for one in schema["fields"]] == [
        "string", "string", "number", "integer", "boolean", "date", "datetime",
    ]  # fmt: skip
    assert fields["monto"]["unit"] == "GTQ"
    assert fields["monto"]["scale"] == 2
    assert fields["código"]["constraints"] == {"required": True, "pattern": r"\d{4}"}
    assert fields["cantidad"]["constraints"] == {"minimum": 0}
    assert fields["nombre"]["title"] == "Nombre"
    assert fields["nombre"]["description"] == "Columna nombre."


def test_bounds_of_the_source_are_not_told_of_generalized_values(
    released: Released, version_file: VersionFile, key_file: Path
) -> None:
    contract = people_contract()
    contract["resources"][0]["fields"][1]["constraints"] = {"required": True, "minimum": 0, "maximum": 120}
    result = released(contract, rows=PEOPLE_ROWS, key_file=key_file)
    (field_,) = [
        one
        for one in version_file(result, "datapackage.json")["resources"][0]["schema"]["fields"]
        if one["name"] == "edad"
    ]
    assert field_["type"] == "string"
    assert field_["constraints"] == {"required": True}


def test_a_licence_is_named_only_with_its_address(released: Released, version_file: VersionFile) -> None:
    without = version_file(released(), "datapackage.json")
    assert "licenses" not in without
    assert without["apertura"]["licencia"] == "sin licencia declarada"
    contract = default_contract()
    contract["release"] |= {
        "licence": "CC BY 4.0",
        "licence_url": "https://creativecommons.org/licenses/by/4.0/",
    }
    stated = version_file(released(contract), "datapackage.json")
    assert stated["licenses"] == [
        {"path": "https://creativecommons.org/licenses/by/4.0/", "title": "CC BY 4.0"}
    ]


def test_datapackage_names_publisher_source_and_nothing_that_changes_with_time(
    released: Released, version_file: VersionFile
) -> None:
    package = version_file(released(), "datapackage.json")
    assert package["contributors"] == [
        {"title": "Institución de Prueba", "path": "https://prueba.example.gt/", "roles": ["publisher"]}
    ]
    assert package["sources"][0]["path"] == package["homepage"] == "https://prueba.example.gt/cosas"
    assert not {"created", "version"} & set(package)


def test_sha256sum_accepts_the_sums_and_they_cover_every_other_file(state: Path, released: Released) -> None:
    folder = folder_of(state, released())
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr
    named = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert named == {path.name for path in folder.iterdir()} - {"SHA256SUMS", "release.json"}


def test_manifest_lists_every_file_with_its_size_and_digest(
    state: Path, released: Released, version_file: VersionFile
) -> None:
    result = released()
    manifest, folder = version_file(result, "release.json"), folder_of(state, result)
    assert {file["path"] for file in manifest["files"]} == {p.name for p in folder.iterdir()} - {
        "release.json"
    }
    for file in manifest["files"]:
        data = (folder / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert manifest["rows"] == {"cosas": 3}
    assert manifest["fingerprint"] == result.fingerprint
    assert (manifest["number"], manifest["previous"], manifest["schemaVersion"]) == (1, None, 1)
    assert manifest["version"] == f"20260115T083000Z-{result.fingerprint[:8]}" == result.version


def test_quality_report_counts_rows_cleaning_and_expectations(
    released: Released, version_file: VersionFile
) -> None:
    late = expectation(severity="warning", success=False, unexpected=2, column="monto, fecha")
    cleaning = {
        "cosas": {
            "monto": {"changed": 3, "nulled": 0, "unparsed": 1, "corrected": 2},
            "ajena": {"changed": 9},
        }
    }
    result = released(
        protected={"rows_in": 4, "cleaning": cleaning, "carried": ["_"], "missing": ["2026-02"]},
        validated={"expectations": [expectation(), late]},
    )
    report = version_file(result, "calidad.json")
    assert report["filas"] == {"recibidas": 4, "excluidas_por_ley": {}, "publicadas": {"cosas": 3}}
    assert report["limpieza"][0]["columnas"] == [
        {
            "columna": "monto",
            "valores_cambiados": 3,
            "valores_anulados": 0,
            "valores_no_interpretados": 1,
            "valores_corregidos": 2,
        }
    ]
    assert report["particiones_sin_actualizar"] == ["_"]
    assert report["particiones_pendientes"] == ["2026-02"]
    assert report["resumen"] == {"comprobaciones": 2, "cumplidas": 1, "advertencias": 1}
    assert report["comprobaciones"][1] == {
        "recurso": "cosas",
        "tipo": "expect_column_values_to_not_be_null",
        "columnas": ["monto", "fecha"],
        "dimension": "completitud",
        "severidad": "advertencia",
        "cumple": False,
        "descripción": "La columna código siempre tiene valor.",
        "evaluados": 3,
        "inesperados": 2,
        "ausentes": 0,
    }


def test_only_declared_names_and_counts_are_taken_from_the_stages(state: Path, released: Released) -> None:
    secret = "María Secreta"
    odd = expectation(column=secret, type=secret, resource=secret, observed_value=secret, unexpected=secret)
    released(
        protected={"cleaning": {"cosas": {secret: {"changed": 7}}, secret: {}}, "excluded": {secret: 3}},
        validated={"expectations": [odd]},
    )
    for path in (state / "public").rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes().decode("utf-8", "ignore")


def test_a_count_that_would_tell_the_few_others_is_not_told(
    released: Released, version_file: VersionFile, key_file: Path
) -> None:
    nearly_all = expectation(column="edad", evaluated=20, unexpected=17, missing=0)
    result = publish_people(released, key_file, validated={"expectations": [nearly_all]})
    assert version_file(result, "calidad.json")["comprobaciones"][0]["inesperados"] == "casi todos"


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, "<5"), (4, "<5"), (5, 5), (7, 5), (8, 10), (13, 15)])
def test_counts_about_people_are_rounded_and_small_ones_are_not_told(
    released: Released, version_file: VersionFile, key_file: Path, count: int, told: int | str
) -> None:
    result = publish_people(
        released,
        key_file,
        protected={
            "rows_in": 7 + count,
            "excluded": {"otra-ley": count},
            "cleaning": {
                "cosas": {"edad": dict.fromkeys(("changed", "nulled", "unparsed", "corrected"), count)}
            },
        },
        validated={
            "expectations": [expectation(column="edad", evaluated=20, unexpected=count, missing=count)]
        },
    )
    quality, privacy = version_file(result, "calidad.json"), version_file(result, "privacidad.json")
    assert quality["filas"]["excluidas_por_ley"] == {"otra-ley": told}
    assert privacy["filas_excluidas"][0]["filas"] == told
    assert set(quality["limpieza"][0]["columnas"][0].values()) == {"edad", told}
    assert quality["comprobaciones"][0]["inesperados"] == quality["comprobaciones"][0]["ausentes"] == told
    # Made of what is told: what came in, less what is published, tells no more than `<5` does.
    assert quality["filas"]["recibidas"] == 5 + (told if isinstance(told, int) else 0)
    assert quality["filas"]["publicadas"] == {"cosas": 7}
    assert "múltiplos de 5" in quality["nota"]
    assert privacy["nota"] == quality["nota"]


def test_counts_are_exact_and_without_a_note_where_nobody_is_concerned(
    released: Released, version_file: VersionFile
) -> None:
    cleaning = {"cosas": {"monto": {"changed": 3, "nulled": 8, "unparsed": 1, "corrected": 2}}}
    result = released(protected={"rows_in": 4, "cleaning": cleaning})
    quality, privacy = version_file(result, "calidad.json"), version_file(result, "privacidad.json")
    assert quality["filas"]["recibidas"] == 4
    assert list(quality["limpieza"][0]["columnas"][0].values()) == ["monto", 3, 8, 1, 2]
    assert not {"nota"} & {*quality, *privacy}


def test_privacy_report_tells_what_was_done_to_each_column(
    released: Released, version_file: VersionFile, key_file: Path
) -> None:
    report = version_file(publish_people(released, key_file), "privacidad.json")
    columns = report["recursos"][0]["columnas"]
    assert [one.get("columna") for one in columns] == ["persona", "edad", None, None, None]
    assert [one.get("columna_de_origen") for one in columns] == [
        None, None, "NOMBRE COMPLETO", "FECHA NAC.", "OPERATIVO",
    ]  # fmt: skip
    assert [one["tratamiento"] for one in columns] == [
        "seudonimizar", "generalizar", "eliminar", "usar y eliminar", "eliminar",
    ]  # fmt: skip
    assert [one["publicada"] for one in columns] == [True, True, False, False, False]
    key = MasterKey.load(settings_in(key_file.parent, key_file))
    assert columns[0]["seudonimo"] == {
        "dominio": "tabla", "rotacion": "en cada publicación", "motivo": None, "clave": key.id,
    }  # fmt: skip
    assert columns[1]["generalizacion"] == {"desde": [0, 18, 65]}
    assert columns[4]["reserva"] == {"resolucion": "12-2025", "fecha": "2025-01-01", "vence": "2030-01-01"}
    assert report["filas_excluidas"] == [
        {
            "base": "otra-ley",
            "filas": 0,
            "reglas": [{"recurso": "cosas", "ley": "Decreto 27-2003", "motivo": "Menores de edad."}],
        }
    ]
    assert report["decision"]["decidida_por"] == "Dirección de Prueba"


def test_the_key_is_nowhere_in_the_public_bucket(state: Path, released: Released, key_file: Path) -> None:
    publish_people(released, key_file)
    secret = key_file.read_bytes().strip()
    for path in (state / "public").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert secret not in data
            assert bytes(range(32)) not in data
            assert bytes(range(32)).hex().encode() not in data
