"""The proposal as a contract file: YAML like the others, evidence as comments, the rest left open."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from apertura.contract.open import OPEN
from apertura.draft.evidence import Judgement
from apertura.draft.proposal import Proposed, Table
from apertura.draft.telling import told
from apertura.draft.territory import SURE

_PLAIN = re.compile(r"[A-Za-zÁÉÍÓÚÜÑáéíóúüñ¿(][\wÁÉÍÓÚÜÑáéíóúüñ .()/+-]*(?<! )")
_HIDDEN = "the name looks like a person's data and is not repeated"
_SPECIAL = {"true", "false", "null", "yes", "no", "on", "off", "~"}


def scalar(text: str) -> str:
    """A text as a YAML scalar that reads as that very text."""
    if not all(letter.isprintable() for letter in text):
        return '"' + "".join(_escaped(letter) for letter in text) + '"'
    if _PLAIN.fullmatch(text) and text.lower() not in _SPECIAL:
        return text
    return "'" + text.replace("'", "''") + "'"


def document(
    reader: BaseModel, table: Table, *, institution: str | None, name: str | None, sheet: int | None = None
) -> str:
    """The contract file. What only a person can decide holds POR DECIDIR, which `apertura check` refuses."""
    lines = [
        "# yaml-language-server: $schema=../../../docs/contract.schema.json",
        f"# A draft made from a file. Each {OPEN} waits for a person; `apertura check` names those left.",
        "# Counts are rounded, and no value of a column that may be a person's is quoted.",
        "apertura: 1",
        f"institution: {institution or OPEN}",
        f"name: {name or OPEN}",
        "schemaVersion: 1",
        f"title: {OPEN}",
        f"description: {OPEN}      # 50 characters or more: what is in it, of whom, since when",
        f"keyword: [{OPEN}]",
        f"theme: {OPEN}",
        f"accrualPeriodicity: {OPEN}",
        f"landingPage: {OPEN}",
        f"legal_duty: {OPEN}",
        "release:",
        f"  decided_by: {OPEN}",
        "  legal_basis:",
        f"    basis: {OPEN}",
        f"    reason: {OPEN}",
        f"  date: {OPEN}",
        f"  review: {OPEN}",
        f"  licence: {OPEN}",
        "",
        "source:",
        "  kind: inbox          # an operator drops the file; http, sql and others are in docs/sources.md",
        *_reader(reader, sheet),
        "",
        "resources:",
        f"  - name: {name or OPEN}",
        f"    title: {OPEN}",
        f"    description: {OPEN}      # what one row is",
        *_keys(table),
        *_patterns(table),
        "    fields:",
        *(line for one in table.columns for line in _field(one, table)),
    ]
    return "\n".join(lines) + "\n"


def _reader(reader: BaseModel, sheet: int | None) -> Iterator[str]:
    yield "reader:"
    default = {
        name: info.get_default(call_default_factory=True) for name, info in type(reader).model_fields.items()
    }
    for key, value in reader:
        shown = key in ("format", "encodings", "encoding", "separator", "quote")
        if not shown and value == default[key]:
            continue
        if key == "sheet" and value == OPEN:
            yield f"  sheet: {OPEN}      # sheet {sheet}: {_HIDDEN}"
        elif isinstance(value, list):
            yield f"  {key}: [{', '.join(scalar(str(item)) for item in value)}]"
        elif isinstance(value, bool | int):
            yield f"  {key}: {str(value).lower()}"
        elif value is not None:
            yield f"  {key}: {_in_quotes(value) if key in ('separator', 'quote') else scalar(str(value))}"


def _in_quotes(text: str) -> str:
    return '"' + "".join(_escaped(letter) for letter in text) + '"' if text != '"' else "'\"'"


def _keys(table: Table) -> Iterator[str]:
    kept = {
        name for one in table.columns if one.judgement.treatment == "keep" for name in _sure_names(one, table)
    }
    if table.masked:
        listed = ", ".join(str(position) for position in table.masked)
        yield f"    # Columns {listed}: {_HIDDEN}. Has the file a header?"
    for number, key in enumerate(table.keys):
        if number == 0 and set(key) <= kept:
            yield f"    primaryKey: [{', '.join(key)}]      # no two rows share it"
        else:
            yield f"    # no two rows share: {', '.join(key)}"
    if table.repeated:
        yield f"    # {told(table.repeated)} rows repeat an earlier one in every column: right, or a mistake?"
    if table.empty_rows:
        yield f"    drop_empty_rows: true      # {told(table.empty_rows)} rows are empty"


def _sure_names(one: Proposed, table: Table) -> list[str]:
    """The fields of a column that are there in each row: a place that the list does not know has no code."""
    places = table.territory
    if one.column == places.department:
        return ["departamento_codigo"] if places.department_share == 1 else []
    if one.column == places.municipality:
        return ["municipio_codigo"] if places.municipality_share == 1 else []
    return [one.name] if one.source is not None or table.wide is None else [table.wide.group]


def _patterns(table: Table) -> Iterator[str]:
    if table.wide is not None:
        yield "    patterns:"
        yield f"      - pattern: {scalar(table.wide.pattern)}"
        yield f"        value: {table.columns[-1].name}"
        yield f"        groups: {{{table.wide.group}: {table.wide.group}}}"


def _field(one: Proposed, table: Table) -> Iterator[str]:
    places = table.territory
    if one.judgement.treatment == "drop" and one.source is not None:
        yield from _comments(one, 6)
        yield f"      - {{name: {one.name}, source: {_source(one)}, {_classes(one.judgement)}}}{_masked(one)}"
    elif one.column == places.department or one.column == places.municipality:
        yield from _place(one, table)
    else:
        if one.source is None and table.wide is not None:
            yield from _group(table.wide.group, table.wide.type, table.wide.format, one.judgement)
        yield f"      - name: {one.name}"
        if one.source is not None:
            yield f"        source: {_source(one)}{_masked(one)}"
        yield from _comments(one)
        yield from _meaning()
        yield from _type(one, table.rows)
        yield from _class_lines(one.judgement)


def _source(one: Proposed) -> str:
    return OPEN if one.source == OPEN else scalar(one.source or "")


def _masked(one: Proposed) -> str:
    if one.source != OPEN:
        return ""
    return f"      # column {one.position}: {_HIDDEN}"


def _comments(one: Proposed, indent: int = 8) -> Iterator[str]:
    for said in (*one.judgement.said, *one.said):
        yield f"{' ' * indent}# {said}"


def _meaning() -> Iterator[str]:
    yield f"        title: {OPEN}"
    yield f"        description: {OPEN}"


def _type(one: Proposed, rows: int) -> Iterator[str]:
    facts, kind = one.facts, one.kind
    if facts.quetzales and kind.type in ("integer", "number"):
        yield "        unit: GTQ"
    if kind.type != "string":
        yield f"        type: {kind.type}"
    if kind.format is not None:
        yield f"        format: {kind.format}"
    if kind.type == "number" and kind.scale > 2:
        yield f"        decimal: {{precision: 18, scale: {kind.scale}}}"
    if facts.marks:
        yield f"        missingValues: [{', '.join(_in_quotes(mark) for mark in ('', *facts.marks))}]"
    if facts.sets:
        count = sum(facts.missing[name] for name in facts.sets)
        counts = f"{told(count)} of {told(facts.filled)} filled cells"
        yield f"        missing: [{', '.join(facts.sets)}]      # {counts}"
    if kind.code:
        yield "        clean: [code_text]"
    if constraints := _constraints(one, rows):
        yield f"        constraints: {{{', '.join(constraints)}}}"
    if kind.tolerance:
        yield f"        tolerance: {kind.tolerance}"


def _constraints(one: Proposed, table_rows: int) -> list[str]:
    facts, kind = one.facts, one.kind
    found = []
    if facts.present == table_rows and facts.present and not kind.tolerance and one.source is not None:
        found.append("required: true")
    if kind.type in ("integer", "number") and not facts.negative:
        year = kind.type == "integer" and facts.years == facts.present
        found.append("minimum: 1900, maximum: 2100" if year else "minimum: 0")
    if one.enum:
        found.append(f"enum: [{', '.join(scalar(value) for value in one.enum)}]")
    if one.pattern:
        found.append(f"pattern: {scalar(one.pattern)}")
    return found


def _group(name: str, kind: str, form: str | None, value: Judgement) -> Iterator[str]:
    """The field that a pattern's columns' names become."""
    yield f"      - name: {name}"
    yield from _meaning()
    if kind != "string":
        yield f"        type: {kind}"
    if form is not None:
        yield f"        format: {form}"
    yield "        constraints: {required: true}"
    yield from _class_lines(value)


def _place(one: Proposed, table: Table) -> Iterator[str]:
    """A column of names of places, and the code and the name on INE's list that derive from it."""
    places = table.territory
    yield from _comments(one, 6)
    classes = _classes(one.judgement, "transient")
    source = f"{one.name}_fuente"
    yield f"      - {{name: {source}, source: {_source(one)}, {classes}}}{_masked(one)}"
    if one.column == places.department:
        what, whose, of, level = "departamento", "del departamento", [source], "department"
        known = places.department_share
    else:
        what, whose, level = "municipio", "del municipio", "municipality"
        known = places.municipality_share
        above = next((c.name for c in table.columns if c.column == places.department), None)
        of = [f"{above}_fuente", source] if above else [source]
    near = "_near" if known < SURE and (level == "department" or len(of) == 2) else ""
    alone = "_alone" if level == "municipality" and len(of) == 1 else ""
    code = f"{level}_code{near or alone}"
    # Rows that the list does not know count as not interpreted, and are held against the tolerance.
    left = math.ceil(1000 * (1 - known)) / 1000
    yield f"      - name: {what}_codigo"
    yield f"        derive: {{macro: {code}, of: [{', '.join(of)}], strict: true}}"
    if left:
        yield f"        tolerance: {left}"
    yield f"        title: Código {whose}"
    yield f"        description: Código {whose} según el INE."
    yield from _class_lines(one.judgement)
    yield f"      - name: {what}"
    yield f"        derive: {{macro: {level}_name, of: [{what}_codigo]}}"
    yield f"        title: {what.capitalize()}"
    yield f"        description: Nombre {whose} según el INE."
    yield from _class_lines(one.judgement)


def _classes(judgement: Judgement, treatment: str | None = None) -> str:
    return (
        f"access: {judgement.access}, personal: {judgement.personal}, "
        f"treatment: {treatment or judgement.treatment}"
    )


def _class_lines(judgement: Judgement) -> Iterator[str]:
    yield f"        access: {judgement.access}"
    yield f"        personal: {judgement.personal}"
    yield f"        treatment: {judgement.treatment}"


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def open_count(text: str) -> int:
    """How many decisions a drafted file waits for."""
    return sum(line.split("#")[0].count(OPEN) for line in text.splitlines())


__all__: Sequence[str] = ("document", "open_count", "scalar")
