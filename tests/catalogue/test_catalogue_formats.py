"""Data Package, CSVW, Croissant and schema.org: each goes past its own outside validator, with the data."""

from __future__ import annotations

import copy
import csv
import json
import urllib.request
from pathlib import Path
from typing import Any

import frictionless
import mlcroissant
import pytest
from catalogue_scene import HOSTILE, World
from csvw import CSVW
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from apertura.catalogue import Table
from apertura.catalogue.written import in_lines

STANDING = ("prueba/cosas", "prueba/hostil", "prueba/paquete")


@pytest.fixture(params=STANDING)
def dataset(request: pytest.FixtureRequest) -> str:
    """A dataset of which a release stands."""
    return str(request.param)


def tables_of(world: World, dataset: str) -> list[Table]:
    """Its tables, without nested documents."""
    return [table for table in world.catalogue.entry(dataset).tables if table.schema]


def written(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "metadata.json"
    path.write_text(json.dumps(document, ensure_ascii=False))
    return path


# Data Package -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def profile(standards: Path) -> Draft7Validator:
    """Data Package 2.0's own schemas; none is fetched."""
    schemas = [
        json.loads(path.read_text()) for path in sorted((standards / "datapackage-2.0").glob("*.json"))
    ]
    registry: Registry[Any] = Registry()
    for schema in schemas:
        registry = registry.with_resource(schema.get("$id", ""), Resource.from_contents(schema))
    package = json.loads((standards / "datapackage-2.0" / "datapackage.json").read_text())
    return Draft7Validator(package, registry=registry)


def test_a_data_package_keeps_the_standard_s_profile(
    world: World, profile: Draft7Validator, dataset: str
) -> None:
    package = world.json(f"catalogo/{dataset}/datapackage.json")
    assert [error.message for error in profile.iter_errors(package)] == []
    for wrong in ({"name": 5}, {"resources": []}, {"licenses": []}, {"keywords": "una"}):
        assert list(profile.iter_errors({**package, **wrong})), wrong


def test_frictionless_finds_the_data_as_the_package_says(world: World, dataset: str) -> None:
    report = frictionless.validate(world.url(f"catalogo/{dataset}/datapackage.json"), type="package")
    assert report.flatten(["title", "message"]) == []
    rows = {task.name: task.stats.get("rows") for task in report.tasks}
    assert {name: count for name, count in rows.items() if count is not None} == {
        table.name: table.rows for table in tables_of(world, dataset)
    }
    assert len(rows) == len(world.catalogue.entry(dataset).tables)


def test_frictionless_would_find_a_file_that_is_another(world: World, tmp_path: Path) -> None:
    package = world.json("catalogo/prueba/cosas/datapackage.json")
    package["resources"][0]["hash"] = "sha256:" + "0" * 64
    report = frictionless.validate(str(written(tmp_path, package)), type="package")
    assert not report.valid


def test_a_data_package_names_licence_version_and_absolute_addresses(world: World) -> None:
    package = world.json("catalogo/prueba/cosas/datapackage.json")
    assert package["licenses"][0]["path"] == "https://creativecommons.org/licenses/by/4.0/"
    assert package["version"] == world.versions["latest"]
    assert package["resources"][0]["path"] == world.url("datos/prueba/cosas/latest/cosas.csv")
    for address in (package["apertura"]["calidad"], *package["resources"][0]["apertura"]["otros_formatos"]):
        with urllib.request.urlopen(address) as answer:  # noqa: S310 (our own server)
            assert answer.status == 200
    assert "licenses" not in world.json("catalogo/prueba/hostil/datapackage.json")


# CSVW -------------------------------------------------------------------------------------------------


def beside(world: World, dataset: str, break_it: Any = None) -> str:
    """The metadata beside its CSV files: over HTTP this reader would keep the header's byte order mark."""
    document = copy.deepcopy(world.json(f"catalogo/{dataset}/csvw.json"))
    for table in document["tables"]:
        assert table["url"].startswith(world.url(f"datos/{dataset}/latest/"))
        table["url"] = table["url"].rpartition("/")[2]
    if break_it is not None:
        break_it({one["titles"][0]: one for one in document["tables"][0]["tableSchema"]["columns"]})
    path = world.scene.public / f"datos/{dataset}/latest/metadatos-de-prueba.json"
    path.write_text(json.dumps(document, ensure_ascii=False))
    return str(path)


def csvw_says(path: str) -> list[str]:
    """What the validator finds wrong."""
    table_group = CSVW(path, validate=True)
    try:
        valid = table_group.is_valid
    except ValueError as error:
        return [str(error)]
    told = [str(one.message) for one in table_group.warnings]
    assert valid == (told == [])
    return told


def test_the_csvw_validator_reads_the_real_csv(world: World, dataset: str) -> None:
    path = beside(world, dataset)
    assert csvw_says(path) == []
    tables = {table.local_name: list(table.iterdicts()) for table in CSVW(path).tables}
    assert {name: len(rows) for name, rows in tables.items()} == {
        f"{table.name}.csv": table.rows for table in tables_of(world, dataset)
    }


def test_the_csvw_types_are_those_of_the_columns(world: World) -> None:
    (table,) = CSVW(beside(world, "prueba/cosas")).tables
    last = list(table.iterdicts())[-1]
    assert {name: type(value).__name__ for name, value in last.items()} == {
        "codigo": "str", "descripción": "str", "monto": "Decimal", "cantidad": "int", "vigente": "bool",
        "fecha": "datetime", "momento": "datetime",
    }  # fmt: skip
    assert str(last["monto"]) == "-12345.60"


@pytest.mark.parametrize(
    "break_it",
    [
        lambda column: column["cantidad"].update(datatype={"base": "date"}),
        lambda column: column["cantidad"].update(required=True, null=[""]),
        lambda column: column["monto"].update(datatype={"base": "decimal", "maximum": -99999}),
        lambda column: column["codigo"].update(datatype={"base": "string", "format": "x+"}),
        lambda column: column["codigo"].update(name="otra", titles=["otra"]),
    ],
    ids=["type", "required", "bound", "pattern", "header"],
)
def test_the_csvw_validator_would_find_what_does_not_fit(world: World, break_it: Any) -> None:
    assert csvw_says(beside(world, "prueba/cosas", break_it))


def test_csvw_gives_rows_with_a_key_an_address_and_says_how_the_csv_is_written(world: World) -> None:
    document = world.json("catalogo/prueba/hostil/csvw.json")
    places = next(one for one in document["tables"] if one["url"].endswith("/lugares.csv"))
    assert places["tableSchema"]["primaryKey"] == ["municipio_codigo", "anio"]
    assert places["tableSchema"]["aboutUrl"].endswith("/{municipio_codigo}/{anio}")
    assert document["@context"][1] == {"@language": "es"}
    with urllib.request.urlopen(places["url"]) as answer:  # noqa: S310
        data = answer.read()
    dialect = document["dialect"]
    assert data.decode(dialect["encoding"]).startswith("\ufeffmunicipio_codigo,")
    assert data.count(dialect["lineTerminators"][0].encode()) == 3
    assert "aboutUrl" not in next(one for one in document["tables"] if one is not places)["tableSchema"]


# Croissant --------------------------------------------------------------------------------------------


def test_mlcroissant_accepts_it_and_reads_every_record(world: World, dataset: str) -> None:
    loaded = mlcroissant.Dataset(jsonld=world.url(f"catalogo/{dataset}/croissant.json"))
    issues = loaded.metadata.ctx.issues
    assert not issues.errors
    advised = {warning for warning in issues.warnings if "license" not in warning}
    assert advised == set()
    for table in tables_of(world, dataset):
        assert sum(1 for _ in loaded.records(table.name)) == table.rows


def test_croissant_keeps_leading_zeros_exact_hashes_and_texts(world: World) -> None:
    loaded = mlcroissant.Dataset(jsonld=world.url("catalogo/prueba/hostil/croissant.json"))
    first = next(iter(loaded.records("lugares")))
    assert first == {
        "lugares/municipio_codigo": b"0101",
        "lugares/anio": 2020,
        "lugares/nota": HOSTILE.encode(),
    }
    document = world.json("catalogo/prueba/hostil/croissant.json")
    sums = {one["@id"]: one["sha256"] for one in document["distribution"]}
    files = {file.name: file.sha256 for table in world.hostil.tables for file in table.files}
    assert sums == {name: files[name] for name in sums} and len(sums) == 4
    assert document["recordSet"][1]["key"] == [
        {"@id": "lugares/municipio_codigo"},
        {"@id": "lugares/anio"},
    ]


def test_mlcroissant_would_refuse_a_file_with_another_sum(world: World, tmp_path: Path) -> None:
    document = world.json("catalogo/prueba/cosas/croissant.json")
    for file in document["distribution"]:
        file["sha256"] = "0" * 64
    loaded = mlcroissant.Dataset(jsonld=str(written(tmp_path, document)))
    with pytest.raises(Exception, match="Download") as raised:
        list(loaded.records("cosas"))
    assert "hash" in str(raised.value.__cause__).lower()


# schema.org -------------------------------------------------------------------------------------------


def test_schema_org_says_what_search_engines_ask_for(world: World) -> None:
    said = world.json("catalogo/prueba/cosas/schema.jsonld")
    assert said["@type"] == "Dataset"
    assert 50 <= len(said["description"]) <= 5000
    assert said["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert said["temporalCoverage"] == "2020/2024"
    assert said["dateModified"] == "2026-02-20"
    sums = {one["contentUrl"]: one["sha256"] for one in said["distribution"]}
    for table in world.cosas.tables:
        for file in table.files:
            assert sums[world.url(file.key)] == file.sha256
    assert "license" not in world.json("catalogo/prueba/hostil/schema.jsonld")


def test_no_json_document_can_leave_a_script_element_or_run_anything(world: World) -> None:
    for name in ("schema.jsonld", "csvw.json", "croissant.json", "datapackage.json", "conjunto.json"):
        data = world.bytes(f"catalogo/prueba/hostil/{name}").decode()
        assert "<" not in data and "&" not in data
        assert HOSTILE in set(texts_of(json.loads(data))) or name == "schema.jsonld"


def test_half_a_character_and_line_separators_do_no_harm() -> None:
    data = in_lines({"a": "\ud800 \u2028 </script>", "b": [{"c": {"d": {"e": [1, None, True]}}}], "f": {}})
    assert "<" not in data.decode() and "\u2028" not in data.decode()
    assert json.loads(data) == {
        "a": "? \u2028 </script>",
        "b": [{"c": {"d": {"e": [1, None, True]}}}],
        "f": {},
    }


def texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_of(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_of(one)]
    return [value] if isinstance(value, str) else []


def test_no_document_links_to_what_is_no_page(world: World) -> None:
    for key, data in world.parts["prueba/hostil"].items():
        if key.endswith(("json", "jsonld")):
            addresses = [one for one in texts_of(json.loads(data)) if one.lower().startswith("javascript")]
            assert addresses == [], key


def test_the_csv_itself_is_what_the_documents_say(world: World) -> None:
    document = world.json("catalogo/prueba/cosas/conjunto.json")
    (table,) = document["tablas"]
    (file,) = [one for one in table["archivos"] if one["formato"] == "csv"]
    with urllib.request.urlopen(file["direccion"]) as answer:  # noqa: S310
        rows = list(csv.DictReader(answer.read().decode("utf-8-sig").splitlines()))
    assert len(rows) > 0
    assert list(rows[0]) == [column["nombre"] for column in table["columnas"]]
