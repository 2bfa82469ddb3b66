"""Statements, and how they are written in Turtle, JSON-LD and RDF/XML.

Every node has an address, so that documents are joined by putting one behind the other. A document holds its
own nodes, then those it shares with others (vocabulary terms, publishers), one a line: `join` puts documents
together without parsing them, and writes a shared line once.

Written by hand because rdflib takes 20 times as long; that both say the same is tested against it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

PREFIXES: Mapping[str, str] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

_SCHEMES = re.compile(r"^(https?://[^/?#\s]+|mailto:[^@\s]+@|x-apertura://|tel:\+?\d|urn:[a-z0-9]+:)", re.I)
_SAFE = ":/?#[]@!$&'()*+,;=%~-._"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class Iri(str):
    """An absolute address that every format can hold; made by `iri`."""

    __slots__ = ()


class Name(str):
    """A term of a known vocabulary by its prefix: `dcat:Dataset`."""

    __slots__ = ()


@dataclass(frozen=True)
class Literal:
    """A text, with a language or a datatype (`xsd:date`)."""

    text: str
    language: str | None = None
    datatype: Name | None = None


Object = Iri | Name | Literal
Statement = tuple[str, Object]


@dataclass(frozen=True)
class Node:
    """Everything that is said of one subject; `a` is rdf:type."""

    subject: Iri
    says: tuple[Statement, ...]

    def objects(self, predicate: str) -> list[Object]:
        """What it says under a predicate, in order."""
        return [value for name, value in self.says if name == predicate]


def node(subject: Iri, *statements: tuple[str, Object | Iterable[Object] | None]) -> Node:
    """A node; what is None says nothing, and several objects make several statements, each once."""
    says: dict[Statement, None] = {}
    for predicate, value in statements:
        if isinstance(value, str | Literal):
            says[predicate, value] = None
        elif value is not None:
            says.update({(predicate, one): None for one in value})
    return Node(subject, tuple(says))


@functools.lru_cache(maxsize=8192)
def iri(text: str | None) -> Iri | None:
    """The address, with what none may hold percent-encoded; None when it is none that is safe to follow.

    `javascript:` and `data:` are none.
    """
    address = (text or "").strip()
    if not _SCHEMES.match(address):
        return None
    encoded = quote(_LONE_PERCENT.sub("%25", address), safe=_SAFE, errors="replace")
    before, mark, fragment = encoded.partition("#")
    return Iri(before + mark + fragment.replace("#", "%23"))


def web(text: str | None) -> str | None:
    """The address of a page on the web; None when it is none."""
    address = iri(text)
    return str(address) if address is not None and address.lower().startswith("http") else None


def text(value: str, language: str | None = "es") -> Literal:
    """A text, in Spanish unless said otherwise; what XML cannot hold becomes U+FFFD."""
    return Literal(_FORBIDDEN.sub("\ufffd", value), language)


def plain(value: str) -> Literal:
    """A text in no language: a code, a name of a column."""
    return text(value, None)


def typed(value: object, datatype: str) -> Literal:
    """A value of an XML Schema datatype: `typed(5, "xsd:integer")`."""
    return Literal(str(value), None, Name(datatype))


# Turtle -----------------------------------------------------------------------------------------------

_TURTLE_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TURTLE_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f]')


def _turtle_object(value: Object) -> str:
    if isinstance(value, Iri):
        return f"<{value}>"
    if isinstance(value, Name):
        return str(value)
    quoted = _TURTLE_SPECIAL.sub(
        lambda match: _TURTLE_ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}", value.text
    )
    if value.language:
        return f'"{quoted}"@{value.language}'
    return f'"{quoted}"^^{value.datatype}' if value.datatype else f'"{quoted}"'


def _turtle(one: Node, between: str) -> str:
    parts = [f"{predicate} {_turtle_object(value)}" for predicate, value in one.says]
    return f"<{one.subject}>{between}" + f" ;{between}".join(parts) + " ."


# JSON-LD ----------------------------------------------------------------------------------------------


def _json_object(value: Object) -> object:
    if not isinstance(value, Literal):
        return {"@id": value}
    if value.language:
        return {"@value": value.text, "@language": value.language}
    return {"@value": value.text, "@type": value.datatype} if value.datatype else {"@value": value.text}


def _json(one: Node) -> str:
    document: dict[str, object] = {"@id": one.subject}
    lists: dict[str, list[object]] = {}
    for predicate, value in one.says:
        if predicate == "a":
            lists.setdefault("@type", []).append(str(value))
        else:
            lists.setdefault(predicate, []).append(_json_object(value))
    document |= {name: values[0] if len(values) == 1 else values for name, values in lists.items()}
    return json.dumps(document, ensure_ascii=False)


# RDF/XML ----------------------------------------------------------------------------------------------

_XML_ESCAPES = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;",
}  # fmt: skip
_XML_SPECIAL = re.compile('[&<>"\n\r\t]')


def _xml_escaped(value: str) -> str:
    return _XML_SPECIAL.sub(lambda match: _XML_ESCAPES[match[0]], value)


def _full(value: Iri | Name) -> str:
    if isinstance(value, Iri):
        return value
    prefix, _, local = value.partition(":")
    return PREFIXES[prefix] + local


def _xml_statement(predicate: str, value: Object) -> str:
    name = "rdf:type" if predicate == "a" else predicate
    if not isinstance(value, Literal):
        return f'<{name} rdf:resource="{_xml_escaped(_full(value))}"/>'
    about = f' xml:lang="{value.language}"' if value.language else ""
    if value.datatype:
        about = f' rdf:datatype="{_full(value.datatype)}"'
    return f"<{name}{about}>{_xml_escaped(value.text)}</{name}>"


def _xml(one: Node, between: str) -> str:
    parts = "".join(between + _xml_statement(predicate, value) for predicate, value in one.says)
    end = "\n" if between else ""
    return f'<rdf:Description rdf:about="{_xml_escaped(one.subject)}">{parts}{end}</rdf:Description>'


# Documents --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Format:
    """How a document begins, what stands between own and shared nodes, between nodes, and how it ends."""

    suffix: str
    head: str
    shared: str
    between: str
    tail: str

    def own(self, one: Node) -> str:
        """A node of the document's own."""
        if self.suffix == "jsonld":
            return _json(one)
        return _turtle(one, "\n    ") if self.suffix == "ttl" else _xml(one, "\n  ")

    def line(self, one: Node) -> str:
        """A shared node, in one line."""
        if self.suffix == "jsonld":
            return _json(one)
        return _turtle(one, " ") if self.suffix == "ttl" else _xml(one, "")


_NAMESPACES = "".join(f'\n  xmlns:{prefix}="{address}"' for prefix, address in PREFIXES.items())
FORMATS = (
    Format(
        suffix="ttl",
        head="".join(f"@prefix {prefix}: <{address}> .\n" for prefix, address in PREFIXES.items()) + "\n",
        shared="\n\n# Vocabularios y quienes publican\n",
        between="\n",
        tail="\n",
    ),
    Format(
        suffix="jsonld",
        head='{"@context": ' + json.dumps(PREFIXES) + ', "@graph": [\n',
        shared=",\n\n",
        between=",\n",
        tail="\n]}\n",
    ),
    Format(
        suffix="rdf",
        head=f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{_NAMESPACES}>\n',
        shared="\n<!-- Vocabularios y quienes publican -->\n",
        between="\n",
        tail="\n</rdf:RDF>\n",
    ),
)
"""Turtle, JSON-LD and RDF/XML; a text never holds a bare newline, so what stands between is never in one."""


def document(form: Format, own: Sequence[Node], shared: Sequence[Node]) -> bytes:
    """The document of these nodes; neither list is empty."""
    nodes = form.between.join(form.own(one) for one in own)
    lines = form.between.join(dict.fromkeys(form.line(one) for one in shared))
    return (form.head + nodes + form.shared + lines + form.tail).encode()


def join(form: Format, own: Sequence[Node], shared: Sequence[Node], parts: Iterable[bytes]) -> bytes:
    """One document of these nodes and of what the documents `parts` (of `document`) hold."""
    bodies = [form.between.join(form.own(one) for one in own)]
    lines = dict.fromkeys(form.line(one) for one in shared)
    for body, its_lines in (_split(form, part.decode()) for part in parts):
        bodies.append(body)
        lines |= dict.fromkeys(its_lines)
    text_ = form.head + form.between.join(bodies) + form.shared + form.between.join(sorted(lines)) + form.tail
    return text_.encode()


def _split(form: Format, part: str) -> tuple[str, list[str]]:
    inner = part[len(form.head) : -len(form.tail)]
    if not (part.startswith(form.head) and part.endswith(form.tail) and form.shared in inner):
        raise ValueError(f"this is no {form.suffix} document of the catalogue")
    body, _, lines = inner.partition(form.shared)
    return body, lines.split(form.between)


def statements(nodes: Iterable[Node]) -> Iterator[tuple[Iri, str, Object]]:
    """Every statement: subject, predicate (`a` for the type), object."""
    for one in nodes:
        for predicate, value in one.says:
            yield one.subject, predicate, value
