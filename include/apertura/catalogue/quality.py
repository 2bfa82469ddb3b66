"""Quality measurements in the words of the Data Quality Vocabulary (https://www.w3.org/TR/vocab-dqv/).

Those of calidad.json that speak of the dataset or of a table; those of single columns stay there. A table's
is computed on its CSV.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apertura.catalogue.addresses import Addresses
from apertura.catalogue.model import Entry
from apertura.catalogue.rdf import Iri, Literal, Name, Node, node, plain, text, typed

_SAME = {
    "completitud": "completeness",
    "exactitud": "syntacticValidity",
    "consistencia": "consistency",
    "actualidad": "timeliness",
    "unicidad": "conciseness",
}
"""Our dimension -> the nearest of the Linked Data Quality Dimensions."""
_LDQD = "http://www.w3.org/2016/05/ldqd#"


def measurements(entry: Entry, at: Addresses) -> tuple[list[Node], list[Node]]:
    """Own nodes: each measurement that has a value. Shared ones: its metric and dimension."""
    own: list[Node] = []
    shared: list[Node] = []
    for dimension, about in entry.quality.get("dimensiones", {}).items():
        found = [one for one in about.get("mediciones", []) if "columnas" not in one and _value(one["valor"])]
        if not found:
            continue
        shared.append(_dimension(dimension, about, at))
        for one in found:
            metric = at.shared(f"metrica-{one['metrica']}")
            shared.append(_metric(metric, one, at.shared(f"dimension-{dimension}")))
            own.append(
                node(
                    at.part(entry, f"medicion-{len(own) + 1}"),
                    ("a", Name("dqv:QualityMeasurement")),
                    ("dqv:isMeasurementOf", metric),
                    ("dqv:computedOn", _measured(entry, one.get("recurso"), at)),
                    ("dqv:value", _value(one["valor"])),
                )
            )
    return own, shared


def _dimension(name: str, about: Mapping[str, Any], at: Addresses) -> Node:
    near = _SAME.get(name)
    return node(
        at.shared(f"dimension-{name}"),
        ("a", Name("dqv:Dimension")),
        ("skos:prefLabel", text(name.capitalize())),
        ("skos:definition", text(str(about.get("definición", name)))),
        ("skos:closeMatch", Iri(_LDQD + near) if near else None),
    )


def _metric(metric: Iri, one: Mapping[str, Any], dimension: Iri) -> Node:
    words = str(one["metrica"]).replace("_", " ")
    return node(
        metric,
        ("a", Name("dqv:Metric")),
        ("skos:prefLabel", text(words.capitalize())),
        ("skos:definition", text(str(one.get("definición", words)))),
        ("dqv:inDimension", dimension),
    )


def _measured(entry: Entry, table_name: object, at: Addresses) -> Iri:
    for table in entry.tables:
        file = table.file("csv")
        if table.name == table_name and file is not None:
            return at.distribution(entry, file)
    return at.dataset(entry)


def _value(value: object) -> Literal | None:
    """Typed by what it is; None for what could not be measured."""
    if isinstance(value, bool):
        return typed(str(value).lower(), "xsd:boolean")
    if isinstance(value, int):
        return typed(value, "xsd:integer")
    if isinstance(value, float):
        return typed(f"{value:.6f}".rstrip("0").rstrip("."), "xsd:decimal")
    return plain(value) if isinstance(value, str) else None
