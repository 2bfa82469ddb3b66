"""DCAT-AP: what it says of releases, and what the official shapes say of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyshacl
import pytest
import rdflib
from catalogue_scene import HOSTILE, LATEST, REASON, World
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS, PROV, RDF, RDFS, SKOS

from apertura.catalogue.dcat import describe
from apertura.catalogue.profile import problems
from apertura.catalogue.rdf import FORMATS, Name, Node, document

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
ADMS = rdflib.Namespace("http://www.w3.org/ns/adms#")
DQV = rdflib.Namespace("http://www.w3.org/ns/dqv#")
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
EU = "http://publications.europa.eu/resource/authority/"
SHAPES = ("shapes", "range", "mdr-vocabularies.shape", "shapes_recommended")
IDS = ("prueba/cosas", "prueba/hostil", "prueba/paquete", "prueba/retirado")


def graph(world: World, key: str) -> rdflib.Graph:
    kinds = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
    return rdflib.Graph().parse(data=world.bytes(key), format=kinds[key.rpartition(".")[2]])


def moment(value: object) -> str:
    """A dateTime literal as ISO 8601."""
    assert isinstance(value, rdflib.Literal)
    assert value.datatype == rdflib.XSD.dateTime
    return str(value.toPython().isoformat())


@pytest.fixture(scope="session")
def shapes(standards: Path) -> rdflib.Graph:
    made = rdflib.Graph()
    for name in SHAPES:
        made.parse(standards / "dcat-ap-3.0.1" / f"{name}.ttl")
    return made


def results(found: rdflib.Graph, shapes: rdflib.Graph) -> list[tuple[str, str, str]]:
    """Severity, focus node and last part of the path of each result, not of those within another."""
    _, report, _ = pyshacl.validate(found, shacl_graph=shapes, inference=None)
    made = []
    for one in report.objects(None, SH.result):
        severity, focus, path = (
            str(report.value(one, name)) for name in (SH.resultSeverity, SH.focusNode, SH.resultPath)
        )
        made.append((severity.rpartition("#")[2], focus, path.rpartition("/")[2].rpartition("#")[2]))
    return made


@pytest.mark.parametrize("key", [f"catalogo/{name}/dcat-ap" for name in IDS] + ["catalogo/dcat-ap"])
def test_the_three_formats_are_one_graph(world: World, key: str) -> None:
    turtle, json_ld, rdf_xml = (graph(world, f"{key}.{form.suffix}") for form in FORMATS)
    assert len(turtle) > 20
    assert isomorphic(turtle, json_ld)
    assert isomorphic(turtle, rdf_xml)


def test_the_whole_says_what_the_parts_say_and_names_each_dataset(world: World) -> None:
    whole = graph(world, "catalogo/dcat-ap.ttl")
    for name in IDS:
        assert not set(graph(world, f"catalogo/{name}/dcat-ap.ttl")) - set(whole)
    (catalogue,) = whole.subjects(RDF.type, DCAT.Catalog)
    listed = {str(one) for one in whole.objects(catalogue, DCAT.dataset)}
    assert listed == {f"{world.base}conjuntos/{name}/#conjunto" for name in IDS[:3]}
    assert len(list(whole.objects(catalogue, DCAT.record))) == 4
    assert moment(whole.value(catalogue, DCTERMS.modified)) == LATEST


@pytest.mark.parametrize(
    "key", [f"catalogo/{name}/dcat-ap.ttl" for name in IDS] + ["catalogo/dcat-ap.jsonld"]
)
def test_the_official_shapes_find_no_violation(world: World, shapes: rdflib.Graph, key: str) -> None:
    found = results(graph(world, key), shapes)
    assert [one for one in found if one[0] == "Violation"] == []
    # What is only advised and not said: nobody of ours is on the EU's list of bodies, an undeclared licence
    # stays out, versions lean on their dataset, a period may be open, the software is no authority.
    advised = {path for _, _, path in found}
    assert advised <= {
        "publisher", "license", "contactPoint", "distribution", "keyword", "spatial", "temporal", "theme",
        "type", "endDate", "bbox", "centroid",
    }  # fmt: skip


def test_a_dataset_that_declares_everything_lacks_nothing_that_is_advised(
    world: World, shapes: rdflib.Graph
) -> None:
    found = results(graph(world, "catalogo/prueba/cosas/dcat-ap.ttl"), shapes)
    page = f"{world.base}conjuntos/prueba/cosas/#"
    lacking = {(focus.removeprefix(page), path) for _, focus, path in found if "#version-" not in focus}
    assert lacking == {("conjunto", "publisher"), (f"{world.base}#apertura", "type")}


def mutations(nodes: list[Node]) -> Iterator[tuple[str, list[Node]]]:
    """The nodes with one demand broken, and what is broken."""
    breaks = [
        ("dcat:Dataset", "dct:title"),
        ("dcat:Dataset", "dct:description"),
        ("dcat:Distribution", "dcat:accessURL"),
        ("foaf:Agent", "foaf:name"),
        ("spdx:Checksum", "spdx:checksumValue"),
        ("dcat:CatalogRecord", "foaf:primaryTopic"),
        ("dcat:CatalogRecord", "dct:modified"),
        ("skos:Concept", "skos:prefLabel"),
        ("skos:ConceptScheme", "dct:title"),
    ]
    for kind, predicate in breaks:
        yield (
            f"{kind} {predicate}",
            [
                Node(one.subject, tuple(pair for pair in one.says if pair[0] != predicate))
                if Name(kind) in one.objects("a")
                else one
                for one in nodes
            ],
        )
    twice = [
        ("dcat:Dataset", "dct:issued", "dct:modified"),
        ("dcat:Distribution", "dct:rights", "dcat:accessURL"),
        ("dcat:Distribution", "dcat:byteSize", "dct:title"),
    ]
    for kind, predicate, other in twice:
        yield (
            f"{kind} {predicate}",
            [
                Node(one.subject, (*one.says, *((predicate, value) for value in one.objects(other))))
                if Name(kind) in one.objects("a") and one.objects(predicate)
                else one
                for one in nodes
            ],
        )


def test_what_our_own_check_finds_the_official_shapes_find_too(world: World, shapes: rdflib.Graph) -> None:
    said = describe(world.cosas, world.catalogue)
    nodes = [*said.own, *said.shared]
    assert problems(nodes) == []
    for broken, mutated in mutations(nodes):
        if broken == "dcat:Dataset dct:issued":  # the second date must differ to be a second one
            assert world.cosas.versions[0].taken != world.cosas.versions[-1].taken
        assert problems(mutated) == [broken]
        found = rdflib.Graph().parse(data=document(FORMATS[0], mutated, mutated[:1]), format="turtle")
        assert any(one[0] == "Violation" for one in results(found, shapes)), broken


def test_versions_name_their_dataset_the_one_before_and_why_one_was_withdrawn(world: World) -> None:
    found = graph(world, "catalogo/prueba/cosas/dcat-ap.ttl")
    page = f"{world.base}conjuntos/prueba/cosas/#"
    dataset = rdflib.URIRef(f"{page}conjunto")
    first, wrong, latest = (
        rdflib.URIRef(f"{page}version-{world.versions[name]}") for name in ("first", "wrong", "latest")
    )
    assert set(found.objects(dataset, DCAT.hasVersion)) == {first, wrong, latest}
    assert found.value(dataset, DCAT.hasCurrentVersion) == latest
    assert str(found.value(dataset, DCAT.version)) == world.versions["latest"]
    assert found.value(latest, DCAT.previousVersion) == wrong
    assert found.value(first, DCAT.isVersionOf) == dataset
    assert REASON in str(found.value(wrong, ADMS.versionNotes))
    assert str(found.value(wrong, ADMS.status)) == f"{EU}dataset-status/WITHDRAWN"
    assert found.value(wrong, PROV.invalidatedAtTime) is not None
    assert found.value(wrong, PROV.wasGeneratedBy) is None
    assert str(found.value(latest, ADMS.status)) == f"{EU}dataset-status/COMPLETED"


def test_a_release_says_where_it_comes_from_when_and_by_what(world: World) -> None:
    found = graph(world, "catalogo/prueba/cosas/dcat-ap.ttl")
    latest = rdflib.URIRef(f"{world.base}conjuntos/prueba/cosas/#version-{world.versions['latest']}")
    assert moment(found.value(latest, PROV.generatedAtTime)) == LATEST
    assert str(found.value(latest, PROV.wasDerivedFrom)) == "https://prueba.example.gt/cosas"
    activity = found.value(latest, PROV.wasGeneratedBy)
    assert (activity, RDF.type, PROV.Activity) in found
    assert str(found.value(activity, PROV.used)) == "https://prueba.example.gt/cosas"
    assert found.value(activity, PROV.wasAssociatedWith) == rdflib.URIRef(f"{world.base}#apertura")


def test_quality_is_told_with_metrics_dimensions_and_what_it_was_computed_on(world: World) -> None:
    found = graph(world, "catalogo/prueba/cosas/dcat-ap.ttl")
    measured = {
        str(found.value(one, DQV.isMeasurementOf)).rpartition("-")[2]: one
        for one in found.subjects(RDF.type, DQV.QualityMeasurement)
    }
    complete = measured["celdas_con_valor"]
    csv = rdflib.URIRef(f"{world.base}conjuntos/prueba/cosas/#cosas.csv")
    assert found.value(complete, DQV.computedOn) == csv
    stated = world.cosas.quality["dimensiones"]["completitud"]["mediciones"][0]["valor"]
    assert float(str(found.value(complete, DQV.value))) == pytest.approx(stated)
    metric = found.value(complete, DQV.isMeasurementOf)
    dimension = found.value(metric, DQV.inDimension)
    assert str(found.value(dimension, SKOS.prefLabel)) == "Completitud"
    assert not any(name.endswith("por_columna") for name in measured)


def test_a_stated_licence_is_the_list_s_and_an_undeclared_one_is_not_invented(world: World) -> None:
    cosas, hostil = (graph(world, f"catalogo/{name}/dcat-ap.ttl") for name in IDS[:2])
    licences = {str(one) for one in cosas.objects(None, DCTERMS.license)}
    assert licences == {f"{EU}licence/CC_BY_4_0"}
    assert set(hostil.objects(None, DCTERMS.license)) == set()
    assert len(list(hostil.subjects(RDF.type, DCAT.Distribution))) == 8
    rights = {str(hostil.value(one, RDFS.label)) for one in hostil.objects(None, DCTERMS.rights)}
    assert len(rights) == 1 and rights.pop().startswith("Sin licencia declarada")


def test_a_nested_document_says_which_standard_it_follows(world: World) -> None:
    found = graph(world, "catalogo/prueba/paquete/dcat-ap.ttl")
    document = rdflib.URIRef(f"{world.base}conjuntos/prueba/paquete/#publicaciones.json")
    standard = found.value(document, DCTERMS.conformsTo)
    assert str(found.value(standard, DCTERMS.title)) == "OCDS 1.1"
    assert str(found.value(document, DCTERMS.format)) == f"{EU}file-type/JSON"
    table = rdflib.URIRef(f"{world.base}conjuntos/prueba/paquete/#paquete.csv")
    assert found.value(table, DCTERMS.conformsTo) is None


def test_places_are_codes_of_the_ine_within_the_country(world: World) -> None:
    found = graph(world, "catalogo/prueba/hostil/dcat-ap.ttl")
    dataset = rdflib.URIRef(f"{world.base}conjuntos/prueba/hostil/#conjunto")
    places = {str(one).removeprefix(world.base) for one in found.objects(dataset, DCTERMS.spatial)}
    assert places == {
        f"{EU}country/GTM", "https://sws.geonames.org/3595528/", "#departamento-09", "#municipio-0406",
        "conjuntos/prueba/hostil/#lugar-2",
    }  # fmt: skip
    municipality = rdflib.URIRef(f"{world.base}#municipio-0406")
    assert str(found.value(municipality, DCTERMS.identifier)) == "0406"
    frequency = found.value(dataset, DCTERMS.accrualPeriodicity)
    assert str(frequency) == f"{EU}frequency/ANNUAL_2"
    assert len(list(found.objects(dataset, DCTERMS.temporal))) == 2


def test_hostile_words_stay_words_and_hostile_addresses_stay_out(world: World) -> None:
    found = graph(world, "catalogo/prueba/hostil/dcat-ap.rdf")
    dataset = rdflib.URIRef(f"{world.base}conjuntos/prueba/hostil/#conjunto")
    assert found.value(dataset, DCTERMS.title) == rdflib.Literal(HOSTILE, lang="es")
    addresses = {str(one) for triple in found for one in triple if isinstance(one, rdflib.URIRef)}
    assert all(one.startswith(("http://", "https://", "mailto:")) for one in addresses)
    assert not any(set(one) & set(' <>"{}') for one in addresses)


def test_a_dataset_of_which_nothing_stands_says_that_and_why(world: World) -> None:
    found = graph(world, "catalogo/prueba/retirado/dcat-ap.jsonld")
    dataset = rdflib.URIRef(f"{world.base}conjuntos/prueba/retirado/#conjunto")
    assert str(found.value(dataset, ADMS.status)) == f"{EU}dataset-status/WITHDRAWN"
    assert REASON in str(found.value(dataset, DCTERMS.description))
    assert list(found.subjects(RDF.type, DCAT.Distribution)) == []
    record = found.value(None, RDF.type, DCAT.CatalogRecord)
    assert str(found.value(record, ADMS.status)) == f"{EU}distribution-status/WITHDRAWN"
