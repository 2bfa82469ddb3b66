"""What DCAT-AP 3.0.1 demands of a dataset's nodes: what must be there, how often, and what it is.

The official shapes are the judge (the tests ask them through pyshacl); these few rules are for the assessment
of every build, where no SHACL engine runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apertura.catalogue.rdf import Iri, Literal, Node, Object

_DATES = ("xsd:date", "xsd:dateTime", "xsd:gYear", "xsd:gYearMonth")


@dataclass(frozen=True)
class Rule:
    """How often a property stands, and what it is: `text`, `node`, `date`, or a datatype."""

    property: str
    kind: str
    least: int = 0
    most: int | None = None


def _rules(line: str) -> list[Rule]:
    """`dct:title text 1..` and so on, separated by commas; `0..1` is once at most."""
    made = []
    for words in line.split(","):
        name, kind, *count = words.split()
        least, _, most = (count[0] if count else "0..").partition("..")
        made.append(Rule(name, kind, int(least), int(most) if most else None))
    return made


RULES = {
    "dcat:Dataset": _rules(
        "dct:title text 1.., dct:description text 1.., dct:publisher node 0..1, dct:accessRights node 0..1, "
        "dct:accrualPeriodicity node 0..1, dct:issued date 0..1, dct:modified date 0..1, "
        "dcat:version text 0..1, dcat:theme node, dcat:keyword text, dcat:distribution node, "
        "dcat:contactPoint node, dct:spatial node, dct:temporal node, dct:language node, "
        "dcat:landingPage node, dct:identifier text"
    ),
    "dcat:Distribution": _rules(
        "dcat:accessURL node 1.., dcat:downloadURL node, dct:license node 0..1, dct:rights node 0..1, "
        "dct:format node 0..1, dcat:mediaType node 0..1, dcat:byteSize xsd:nonNegativeInteger 0..1, "
        "spdx:checksum node 0..1, dct:issued date 0..1, dct:modified date 0..1, adms:status node 0..1, "
        "dcatap:availability node 0..1, dct:title text, dct:description text"
    ),
    "foaf:Agent": _rules("foaf:name text 1.., dct:type node 0..1"),
    "spdx:Checksum": _rules("spdx:algorithm node 1..1, spdx:checksumValue xsd:hexBinary 1..1"),
    "dct:PeriodOfTime": _rules("dcat:startDate date 0..1, dcat:endDate date 0..1"),
    "dcat:CatalogRecord": _rules("foaf:primaryTopic node 1..1, dct:modified date 1..1"),
    "skos:Concept": _rules("skos:prefLabel text 1.."),
    "skos:ConceptScheme": _rules("dct:title text 1.."),
}


def problems(nodes: Iterable[Node]) -> list[str]:
    """What the nodes break: `<class> <property>`, each once; empty when they comply."""
    found: dict[str, None] = {}
    for one in nodes:
        kinds = [kind for name, kind in one.says if name == "a" and kind in RULES]
        if not kinds:
            continue
        said: dict[str, list[Object]] = {}
        for name, value in one.says:
            said.setdefault(name, []).append(value)
        for kind in kinds:
            broken = (rule for rule in RULES[str(kind)] if not _holds(rule, said.get(rule.property, [])))
            found |= {f"{kind} {rule.property}": None for rule in broken}
    return list(found)


def _holds(rule: Rule, values: list[Object]) -> bool:
    if len(values) < rule.least or (rule.most is not None and len(values) > rule.most):
        return False
    return all(_fits(rule.kind, value) for value in values)


def _fits(kind: str, value: Object) -> bool:
    if kind == "node":
        return isinstance(value, Iri)
    if not isinstance(value, Literal):
        return False
    if kind == "text":
        return bool(value.text.strip())
    return value.datatype in _DATES if kind == "date" else value.datatype == kind
