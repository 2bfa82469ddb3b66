"""The catalogue's documents: which there are, that they are repeatable, and what never gets into them."""

from __future__ import annotations

import dataclasses
import json
import random

import pytest
from catalogue_scene import HOSTILE, PRIVATE, REASON, World

from apertura.catalogue.emit import catalogue_documents, entry_documents
from apertura.errors import SettingsError, StorageError

ALL = {"dcat-ap.ttl", "dcat-ap.jsonld", "dcat-ap.rdf", "conjunto.json"}
STANDING = ALL | {"datapackage.json", "csvw.json", "schema.jsonld", "croissant.json"}


def test_which_documents_there_are(world: World) -> None:
    names = {
        name: {key.removeprefix(f"catalogo/{name}/") for key in part} for name, part in world.parts.items()
    }
    assert names == {
        **dict.fromkeys(("prueba/cosas", "prueba/hostil", "prueba/paquete"), STANDING),
        "prueba/retirado": ALL,
    }
    assert set(world.whole) == {
        f"catalogo/{name}" for name in ("catalogo.json", "dcat-ap.ttl", "dcat-ap.jsonld", "dcat-ap.rdf")
    }


def test_the_same_releases_make_the_same_bytes(world: World) -> None:
    again = world.scene.catalogue(world.base)
    parts = {entry.id: entry_documents(entry, again) for entry in again.entries}
    assert parts == world.parts
    shuffled = dict(random.Random(1).sample(list(parts.items()), len(parts)))
    assert catalogue_documents(again, shuffled) == world.whole


def test_a_dataset_without_its_part_is_an_error(world: World) -> None:
    parts = {name: part for name, part in world.parts.items() if name != "prueba/cosas"}
    with pytest.raises(StorageError, match="prueba/cosas"):
        catalogue_documents(world.catalogue, parts)


def test_a_base_that_is_no_address_is_an_error(world: World) -> None:
    lost = dataclasses.replace(world.catalogue, base="file:///srv/publico/")
    with pytest.raises(SettingsError, match="address"):
        entry_documents(world.cosas, lost)


def test_a_contract_that_is_gone_changes_no_more_than_what_only_it_says(world: World) -> None:
    entry = dataclasses.replace(world.catalogue.entry("prueba/paquete"), contract=None)
    made = entry_documents(entry, world.catalogue)
    changed = {key.rpartition("/")[2] for key, data in made.items() if data != world.parts[entry.id][key]}
    assert changed == {"dcat-ap.ttl", "dcat-ap.jsonld", "dcat-ap.rdf"}  # the nested document's standard


def test_nothing_that_only_a_contract_knows_is_in_any_document(world: World) -> None:
    contract = (world.scene.folder / "home/include/datasets/prueba/cosas.yaml").read_text()
    assert all(word in contract for word in PRIVATE)
    for documents in (world.whole, *world.parts.values()):
        for key, data in documents.items():
            found = [word for word in (*PRIVATE, "operadora", "master.key") if word in data.decode()]
            assert found == [], key


def test_an_empty_catalogue_is_one(world: World) -> None:
    empty = type(world.catalogue)(world.base, (), (), world.catalogue.terms)
    made = catalogue_documents(empty, {})
    assert json.loads(made["catalogo/catalogo.json"])["conjuntos"] == []
    assert json.loads(made["catalogo/dcat-ap.jsonld"])["@graph"]


def test_catalogo_json_has_each_dataset_s_own_object(world: World) -> None:
    listed = world.json("catalogo/catalogo.json")["conjuntos"]
    assert listed == [world.json(f"catalogo/{entry.id}/conjunto.json") for entry in world.catalogue.entries]
    by_id = {one["id"]: one for one in listed}
    cosas, hostil, retirado = by_id["prueba/cosas"], by_id["prueba/hostil"], by_id["prueba/retirado"]
    assert (cosas["estado"], cosas["filas"], cosas["evaluacion"]["puntos"]) == ("vigente", 4, 405)
    assert cosas["licencia_url"] == "https://creativecommons.org/licenses/by/4.0/"
    assert [(one["version"], one["retirada"]) for one in cosas["versiones"]] == [
        (world.versions["latest"], False),
        (world.versions["wrong"], True),
        (world.versions["first"], False),
    ]
    files = cosas["tablas"][0]["archivos"]
    assert {one["sha256"] for one in files} == {file.sha256 for file in world.cosas.tables[0].files}
    assert hostil["licencia"] == "sin licencia declarada" and hostil["licencia_url"] is None
    assert hostil["titulo"] == HOSTILE
    assert hostil["periodos"] == ["2012/2013", "2016"]
    assert (retirado["estado"], retirado["motivo_de_retiro"]) == ("retirado", REASON)
    assert "tablas" not in retirado


def test_every_address_of_ours_in_catalogo_json_answers(world: World) -> None:
    listed = world.json("catalogo/catalogo.json")["conjuntos"]
    wanted = [
        address
        for one in listed
        for address in [
            *one["metadatos"].values(),
            *one.get("documentos", {}).values(),
            *(file[name] for table in one.get("tablas", []) for file in table["archivos"]
              for name in ("direccion", "direccion_permanente")),
        ]
        if not address.endswith("/conjunto.json")
    ]  # fmt: skip
    assert len(wanted) > 40
    for address in wanted:
        assert (world.scene.public / address.removeprefix(world.base)).is_file(), address
