"""Whatever a text holds, the three formats say the same; documents joined say what their parts say."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import rdflib
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apertura.catalogue.rdf import (
    FORMATS,
    PREFIXES,
    Iri,
    Literal,
    Name,
    Node,
    Object,
    document,
    iri,
    join,
    node,
    plain,
    statements,
    text,
    typed,
    web,
)

PARSERS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
SHARED = [node(Iri("http://x.example/t"), ("a", Name("skos:Concept")), ("skos:prefLabel", text("Término")))]

texts = st.text(max_size=40).map(lambda value: text(value)) | st.text(max_size=40).map(plain)
values = st.one_of(
    texts,
    st.integers().map(lambda value: typed(value, "xsd:integer")),
    st.sampled_from(
        [Name("dcat:Dataset"), Iri("https://x.example/?a=1&b='2'#c"), typed("true", "xsd:boolean")]
    ),
)
nodes = st.lists(st.tuples(st.sampled_from(["dct:title", "rdfs:comment", "a"]), values), max_size=6).map(
    lambda pairs: node(
        Iri("https://x.example/conjuntos/a/#b"),
        ("a", Name("dcat:Dataset")),
        *((name, value) for name, value in pairs if name != "a" or not isinstance(value, Literal)),
    )
)

HOSTILE = (
    "\n# Vocabularios y quienes publican\n<a> <b> <c> .",
    "\n<!-- Vocabularios y quienes publican -->\n</rdf:RDF>",
    ",\n\n]}",
    "]]> <script>alert('1')</script> &amp; &#0; \\\" \\u0000 \r\n\t",
    "\ud800 half a character, \x00\x0b control, \ufffe nothing, \U0001f600",
    "'''\"\"\"@es^^<x>",
    " \u2028\u2029\x85 ",
)


def parsed(form: str, data: bytes) -> set[tuple[rdflib.term.Node, ...]]:
    graph = rdflib.Graph()
    graph.parse(data=data, format=PARSERS[form])
    return set(graph)


def meant(nodes: Iterable[Node]) -> set[tuple[rdflib.term.Node, ...]]:
    """The statements as rdflib's own objects, not by way of any format."""

    def full(name: str) -> rdflib.URIRef:
        prefix, _, local = name.partition(":")
        return rdflib.RDF.type if name == "a" else rdflib.URIRef(PREFIXES[prefix] + local)

    def value(one: Object) -> rdflib.term.Node:
        if isinstance(one, Literal):
            return rdflib.Literal(one.text, lang=one.language, datatype=one.datatype and full(one.datatype))
        return rdflib.URIRef(one) if isinstance(one, Iri) else full(one)

    return {(rdflib.URIRef(s), full(p), value(o)) for s, p, o in statements(nodes)}


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
@given(own=nodes)
@example(own=node(Iri("http://x.example/"), ("rdfs:comment", [text(one) for one in HOSTILE])))
@settings(max_examples=60)
def test_a_document_says_exactly_its_statements(form, own) -> None:  # type: ignore[no-untyped-def]
    assert parsed(form.suffix, document(form, [own], SHARED)) == meant([own, *SHARED])


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_joined_documents_say_all_and_shared_nodes_once(form) -> None:  # type: ignore[no-untyped-def]
    first = node(Iri("http://x.example/1"), ("rdfs:comment", [text(one) for one in HOSTILE]))
    second = node(Iri("http://x.example/2"), ("dct:title", text("dos")))
    other = [*SHARED, node(Iri("http://x.example/u"), ("dct:title", text(HOSTILE[0])))]
    head = node(Iri("http://x.example/c"), ("a", Name("dcat:Catalog")))
    parts = [document(form, [first], SHARED), document(form, [second], other)]
    joined = join(form, [head], SHARED, parts)
    assert parsed(form.suffix, joined) == meant([head, first, second, *other])
    assert joined.decode().count("http://x.example/t") == 1
    assert join(form, [head], SHARED, parts) == joined


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_what_is_no_document_of_ours_is_not_joined(form) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"is no [a-z]+ document"):
        join(form, SHARED, SHARED, [b"<html>"])


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "x",
        "",
        "//a.example",
        "http://",
        "mailto:",
    ],
)
def test_what_is_no_safe_address_is_none(address: str) -> None:
    assert iri(address) is None
    assert web(address) is None


@given(st.text(max_size=60))
@example("a b<>\"{}|\\^`'\n\t\x00\ud800ñ%zz%20#x#y")
def test_an_address_never_holds_what_would_break_out_of_a_format(rest: str) -> None:
    made = iri("https://x.example/" + rest)
    assert made is not None
    assert not set(made) & set(' <>"{}|\\^`\n\r\t') and made.isascii() and made.count("#") <= 1
    assert iri(made) == made


def test_a_mail_address_is_one_but_no_page() -> None:
    assert iri("mailto:uip@x.example") == "mailto:uip@x.example"
    assert web("mailto:uip@x.example") is None
