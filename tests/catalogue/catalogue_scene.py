"""A small published bucket: datasets of an institution, with several versions, withdrawals, hostile words."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from publish_scene import (
    INSTITUTION,
    LATER,
    NOW,
    TAKEN,
    context_in,
    default_contract,
    default_rows,
    field,
    leave_run,
    settings_in,
)

from apertura.catalogue import Catalogue, Entry, read_catalogue
from apertura.catalogue.emit import catalogue_documents, entry_documents
from apertura.contract import Project
from apertura.publish import publish, withdraw
from apertura.storage import open_bucket

HOME = Path(__file__).resolve().parents[2]
LATEST = "2026-02-20T08:30:00+00:00"
REASON = "La columna de montos venía duplicada por un error del archivo de origen."
HOSTILE = "Ñandú «1» \"dos\" 'tres' <script>alert(1)</script> & ]]> --> \\ {x} javascript:alert(1)"
HOSTILE_LINES = (
    f"{HOSTILE}\n\t# Vocabularios y quienes publican\n<!-- Vocabularios y quienes publican -->\n,\n\n."
)
PRIVATE = ("nombre_del_titular", "conexion_secreta", "ruta-interna", "Persona Que Decide")
"""Words of contracts that no document of the catalogue may hold: dropped columns, connections, people."""

RENAMED = {"código": "codigo", "nombre": "descripción"}
"""A key without accents, whose rows get addresses, and a column with one."""

OPEN_LICENCE = {
    "licence": "Creative Commons Attribution 4.0 International",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/",
}


def named(contract: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    """The contract under another name; its first resource goes by that name."""
    first, *others = contract["resources"]
    return {**contract, "name": name, "resources": [{**first, "name": name}, *others], **more}


def decided(contract: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The contract with another release decision."""
    return {**contract, "release": {**contract["release"], "decided_by": "Persona Que Decide", **more}}


def things() -> dict[str, Any]:
    """Every type, an open licence, a period; a dropped column and a source that nobody needs to know."""
    contract = default_contract(temporal="2020/2024")
    for one in contract["resources"][0]["fields"]:
        one["name"] = RENAMED.get(one["name"], one["name"])
    contract["resources"][0]["primaryKey"] = ["codigo"]
    secret = field("nombre_del_titular", personal="personal", treatment="drop")
    contract["resources"][0]["fields"].append(secret)
    contract["source"] = {"kind": "http", "connection": "conexion_secreta", "files": ["ruta-interna/x.csv"]}
    return decided(contract, **OPEN_LICENCE)


def thing_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the default contract as rows of `things`."""
    return [{RENAMED.get(name, name): value for name, value in row.items()} for row in rows]


def hostile() -> dict[str, Any]:
    """Texts that would break out of every format, a nested key, places, no licence."""
    made = named(default_contract(), "hostil")
    made["resources"][0] |= {"title": HOSTILE, "description": HOSTILE_LINES, "primaryKey": []}
    places = {
        "name": "lugares",
        "title": "Lugares",
        "description": HOSTILE,
        "primaryKey": ["municipio_codigo", "anio"],
        "fields": [
            field("municipio_codigo", constraints={"required": True, "pattern": r"^\d{4}$"}),
            field("anio", "integer", constraints={"required": True, "minimum": 2000, "maximum": 2100}),
            field("nota", title=HOSTILE, description=HOSTILE_LINES, constraints={"enum": [HOSTILE, "b"]}),
        ],
        "files": "lugares.*",
    }
    made["resources"] = [made["resources"][0], places]
    return decided(
        {
            **made,
            "title": HOSTILE,
            "description": HOSTILE_LINES,
            "keyword": [HOSTILE, "prueba"],
            "caveats": [HOSTILE_LINES],
            "spatial": "departamento de Quetzaltenango; municipio de Tecpán Guatemala; Marte",
            "temporal": "2012, 2013 y 2016",
            "landingPage": "https://prueba.example.gt/a b?<x>='\"#frag",
            "theme": "HEAL",
            "accrualPeriodicity": "semiannual",
        },
        licence_url="javascript:alert(1)",
    )


def packaged() -> dict[str, Any]:
    """A table, and a nested document made of it, which follows a standard of its own."""
    package = {
        "name": "publicaciones",
        "title": "Publicaciones",
        "description": "La tabla como documento anidado.",
        "standard": "OCDS 1.1",
        "head": {"version": "1.1"},
        "records": "releases",
        "tables": [
            {"resource": "paquete", "key": ["codigo"], "paths": {"id": "codigo", "valor.monto": "monto"}}
        ],
    }
    return {**named(things(), "paquete"), "packages": [package]}


def place_rows() -> list[dict[str, Any]]:
    """Rows of the table of places; the codes begin with a zero."""
    return [
        {"municipio_codigo": "0101", "anio": 2020, "nota": HOSTILE},
        {"municipio_codigo": "0901", "anio": 2021, "nota": None},
    ]


def more_rows(count: int) -> list[dict[str, Any]]:
    """Rows of the default contract; the last has a value in every column."""
    last = {
        "código": f"{count:04d}",
        "nombre": "última",
        "monto": Decimal("-12345.60"),
        "cantidad": 7,
        "vigente": True,
        "fecha": dt.date(2024, 12, 31),
        "momento": dt.datetime(2024, 2, 29, 23, 59, 59, 500000),
    }
    return [*default_rows(count), last]


class Scene:
    """A project with buckets in a folder, and what is published in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = 0
        home = folder / "home"
        shutil.copytree(HOME / "include/reference", home / "include/reference")
        shutil.copytree(HOME / "sql", home / "sql")
        self._write("institutions", "prueba", INSTITUTION)
        self.key = folder / "master.key"
        self.key.write_bytes(base64.b64encode(bytes(range(32))))
        self.key.chmod(0o600)

    @property
    def public(self) -> Path:
        """The folder of the public bucket."""
        return self.folder / "public"

    def institution(self, **more: Any) -> None:
        """Write the institution anew."""
        self._write("institutions", "prueba", {**INSTITUTION, **more})

    def publish(
        self, contract: dict[str, Any], rows: dict[str, list[dict[str, Any]]], taken: str = TAKEN
    ) -> str:
        """Publish a release; returns its version."""
        self._write("datasets/prueba", contract["name"], contract)
        self.runs += 1
        dataset = Project(self.folder / "home").dataset(f"prueba/{contract['name']}")
        ctx = context_in(self.folder, dataset, f"corrida-{self.runs}", self.key)
        checked = {"expectations": []}
        leave_run(ctx, rows, taken=taken, extract=f"extracto-{self.runs}", validated=checked)
        result = publish(ctx, accept_fewer_rows=True)
        assert result.outcome == "done"
        return str(result.version)

    def withdraw(self, name: str, version: str | None = None) -> None:
        """Withdraw a version, or all."""
        withdraw(
            settings_in(self.folder),
            f"prueba/{name}",
            REASON,
            by="operadora",
            version=version,
            clock=lambda: NOW,
        )

    def catalogue(self, base: str) -> Catalogue:
        """What is published now."""
        return read_catalogue(open_bucket(self.public.as_uri()), Project(self.folder / "home"), base)

    def _write(self, folder: str, name: str, document: dict[str, Any]) -> None:
        path = self.folder / "home/include" / folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False))


def publish_all(scene: Scene) -> dict[str, str]:
    """cosas (three versions, one of them withdrawn), hostil, paquete, and retirado (all withdrawn)."""
    scene.institution(
        title=f"Institución {HOSTILE}",
        information_unit={
            "name": "Unidad & <b>",
            "url": "javascript:alert(1)",
            "email": "uip@prueba.example.gt",
        },
    )
    versions = {
        "first": scene.publish(things(), {"cosas": thing_rows(default_rows(2))}),
        "wrong": scene.publish(things(), {"cosas": thing_rows(default_rows(4))}, LATER),
        "latest": scene.publish(things(), {"cosas": thing_rows(more_rows(3))}, LATEST),
        "hostile": scene.publish(hostile(), {"hostil": default_rows(3), "lugares": place_rows()}),
        "package": scene.publish(packaged(), {"paquete": thing_rows(default_rows(3))}),
        "gone": scene.publish(named(things(), "retirado"), {"retirado": thing_rows(default_rows(3))}),
    }
    scene.withdraw("cosas", versions["wrong"])
    scene.withdraw("retirado")
    return versions


@dataclass(frozen=True)
class World:
    """The scene, published and served: addresses below `base` answer."""

    scene: Scene
    base: str
    versions: dict[str, str]
    catalogue: Catalogue
    parts: dict[str, dict[str, bytes]]
    whole: dict[str, bytes]

    @property
    def cosas(self) -> Entry:
        """Three versions, an open licence."""
        return self.catalogue.entry("prueba/cosas")

    @property
    def hostil(self) -> Entry:
        """Hostile words, two tables, no licence."""
        return self.catalogue.entry("prueba/hostil")

    @property
    def retirado(self) -> Entry:
        """All withdrawn."""
        return self.catalogue.entry("prueba/retirado")

    def bytes(self, key: str) -> bytes:
        """A document of the catalogue."""
        return {**self.whole, **{k: v for part in self.parts.values() for k, v in part.items()}}[key]

    def json(self, key: str) -> Any:
        """A JSON document of the catalogue."""
        return json.loads(self.bytes(key))

    def url(self, key: str) -> str:
        """Where it answers."""
        return self.base + key


def build(scene: Scene, base: str) -> World:
    """Publish, emit, and put the documents into the bucket."""
    versions = publish_all(scene)
    catalogue = scene.catalogue(base)
    parts = {entry.id: entry_documents(entry, catalogue) for entry in catalogue.entries}
    world = World(scene, base, versions, catalogue, parts, catalogue_documents(catalogue, parts))
    for documents in (world.whole, *parts.values()):
        for key, data in documents.items():
            (scene.public / key).parent.mkdir(parents=True, exist_ok=True)
            (scene.public / key).write_bytes(data)
    return world
