"""The SQL of clean: each column from text to its type, and what happened to it on the way.

Steps of a query, each a SELECT over the one before: raw text, cleaned text, derived columns, typed values,
generalised values with one flag per thing that happened. Nothing is guessed: what does not parse is NULL.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apertura.contract import FieldSpec, Resource
from apertura.contract.check import parse_macro
from apertura.errors import ContractError
from apertura.prepare.engine import literal, quoted
from apertura.prepare.partition import missing_markers, needed_fields

CHANGED, NULLED, UNPARSED, REPLACED, PRESENT = 1, 2, 4, 8, 16
"""Flags of a value: cleaning altered it; a missing marker became NULL; it has no value of the declared
type; characters that XML forbids were replaced; there is a text to parse (the base of the tolerance)."""

KINDS = {"changed": CHANGED, "nulled": NULLED, "unparsed": UNPARSED, "replaced": REPLACED}


def raw(name: str) -> str:
    """Column of the text that deidentify left."""
    return quoted(f"raw:{name}")


def text(name: str) -> str:
    """Column of the cleaned text."""
    return quoted(f"text:{name}")


def digits(name: str) -> str:
    """Column of a number's plain digits, still text."""
    return quoted(f"digits:{name}")


def flag(name: str) -> str:
    """Column of the flags."""
    return quoted(f"flags:{name}")


@dataclass(frozen=True)
class Plan:
    """The fields clean works on: those that have text, those derived from them, in the order of need."""

    resource: Resource
    sources: list[FieldSpec]
    derived: list[list[FieldSpec]]

    @property
    def all(self) -> list[FieldSpec]:
        """Every field with a value in this stage, in the contract's order."""
        needed = needed_fields(self.resource)
        return [field for field in self.resource.fields if field.name in needed]


def plan_of(resource: Resource) -> Plan:
    """Which fields clean works on. ContractError when derived fields wait for each other in a circle."""
    needed = needed_fields(resource)
    fields = [field for field in resource.fields if field.name in needed]
    sources = [field for field in fields if field.derive is None]
    known = {field.name for field in sources}
    waiting = [field for field in fields if field.derive is not None]
    levels: list[list[FieldSpec]] = []
    while waiting:
        level = [field for field in waiting if field.derive and set(field.derive.of) <= known]
        if not level:
            names = ", ".join(field.name for field in waiting)
            raise ContractError(
                f"resource {resource.name}: fields derive from each other in a circle: {names}"
            )
        levels.append(level)
        known |= {field.name for field in level}
        waiting = [field for field in waiting if field not in level]
    return Plan(resource, sources, levels)


def typed_select(plan: Plan, relation: str) -> str:
    """All fields of the plan by name, typed and not yet generalised, beside raw and cleaned texts."""
    every = ", ".join(f"{quoted(field.name)} AS {raw(field.name)}" for field in plan.sources)
    query = f"SELECT {every} FROM {relation}"
    made = ", ".join(f"{_cleaned(field)} AS {text(field.name)}" for field in plan.sources)
    query = f"SELECT *, {made} FROM ({query})"
    marked = [field for field in plan.sources if _empty_is_null(field) or missing_markers(field)]
    if marked:
        replaced = ", ".join(f"{_without_markers(field)} AS {text(field.name)}" for field in marked)
        query = f"SELECT * REPLACE ({replaced}) FROM ({query})"
    for level in plan.derived:
        made = ", ".join(f"{_derived(field)} AS {text(field.name)}" for field in level)
        query = f"SELECT *, {made} FROM ({query})"
    if numbers := [field for field in plan.all if field.type == "number"]:
        made = ", ".join(
            f"{parse_macro(field)}({text(field.name)}) AS {digits(field.name)}" for field in numbers
        )
        query = f"SELECT *, {made} FROM ({query})"
    typed = ", ".join(f"{_typed(field)} AS {quoted(field.name)}" for field in plan.all)
    return f"SELECT *, {typed} FROM ({query})"


def flag_items(plan: Plan) -> list[str]:
    """Select items over `typed_select`: the flags of each field, published or not."""
    return [f"{_flags(field)} AS {flag(field.name)}" for field in plan.all]


def published_items(resource: Resource) -> list[str]:
    """Select items over typed columns: every published field, generalised, in its published type."""
    return [
        f"CAST({generalized(field)} AS {published_type(field)}) AS {quoted(field.name)}"
        for field in resource.published_fields
    ]


def published_type(field: FieldSpec) -> str:
    """The SQL type analysts get."""
    return sql_type(field) if field.published_type == field.type else "VARCHAR"


def sql_type(field: FieldSpec) -> str:
    """The SQL type of a field's values before generalisation."""
    if field.type == "number":
        return f"DECIMAL({field.decimal.precision}, {field.decimal.scale})"
    return {
        "string": "VARCHAR",
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "datetime": "TIMESTAMP",
    }[field.type]


def generalized(field: FieldSpec) -> str:
    """The published value over the typed column of that name."""
    name, rule = quoted(field.name), field.generalize
    if rule is None:
        return name
    if rule.bands is not None:
        return f"band_label({name}, {list(rule.bands)})"
    return f"{rule.to}_of({name})"


def _empty_is_null(field: FieldSpec) -> bool:
    """Also where the contract keeps empty texts: what deidentify refused left an empty one."""
    return field.empty_string == "null" or field.pseudonym is not None or field.admit is not None


def _cleaned(field: FieldSpec) -> str:
    """The contract's cleaning macros over the text, after the one that every text goes through."""
    if field.pseudonym is not None:
        return raw(field.name)
    rest = list(field.clean)
    if rest[:1] == ["trim_text"]:
        expression = f"tidy_text({raw(field.name)})"
        rest = rest[1:]
    else:
        expression = f"safe_text({raw(field.name)})"
    for macro in rest:
        expression = f"{macro}({expression})"
    return expression


def _without_markers(field: FieldSpec) -> str:
    name = text(field.name)
    tests = [f"{name} = ''"] if _empty_is_null(field) else []
    if markers := missing_markers(field):
        listed = ", ".join(literal(marker) for marker in markers)
        tests += [f"{name} IN ({listed})", f"{raw(field.name)} IN ({listed})"]
        if field.clean[:1] != ["trim_text"]:
            tests.append(f"trim_text({raw(field.name)}) IN ({listed})")
    return f"CASE WHEN {' OR '.join(tests)} THEN NULL ELSE {name} END"


def _derived(field: FieldSpec) -> str:
    if field.derive is None:
        raise ContractError(f"field {field.name} derives from nothing")
    made = f"{field.derive.macro}({', '.join(text(name) for name in field.derive.of)})"
    if field.admit is not None:
        made = f"{field.admit}({made})"
    return f"CAST({made} AS VARCHAR)"


def _typed(field: FieldSpec) -> str:
    name = text(field.name)
    macro = None if field.pseudonym is not None else parse_macro(field)
    if macro is None:
        return name
    if field.type == "number":
        # DECIMAL rounds silently: a number with more decimals than declared is no value of the type.
        number = digits(field.name)
        return (
            f"CASE WHEN fits_scale({number}, {field.decimal.scale}) "
            f"THEN TRY_CAST({number} AS {sql_type(field)}) END"
        )
    return f"TRY_CAST({macro}({name}) AS {sql_type(field)})"


def _flags(field: FieldSpec) -> str:
    name, value = text(field.name), generalized(field)
    bits = []
    if field.derive is None and field.pseudonym is None:
        before = raw(field.name)
        bits = [
            f"CASE WHEN {name} <> {before} THEN {CHANGED} WHEN {name} IS NULL AND {before} <> '' "
            f"THEN {NULLED} ELSE 0 END",
        ]
        if field.type == "string":
            mark = "chr(65533)"
            bits.append(
                f"CASE WHEN contains({name}, {mark}) AND NOT contains({before}, {mark}) "
                f"THEN {REPLACED} ELSE 0 END"
            )
    if field.type != "string" or field.generalize is not None:
        bits.append(f"CASE WHEN {name} IS NOT NULL AND {value} IS NULL THEN {UNPARSED} ELSE 0 END")
    bits.append(f"CASE WHEN {name} IS NOT NULL THEN {PRESENT} ELSE 0 END")
    return f"CAST({' + '.join(bits)} AS UTINYINT)"


def count_items(fields: Sequence[FieldSpec]) -> list[str]:
    """Select items over flag columns: for each field the counts of KINDS, then of values present."""
    return [
        f"count(*) FILTER ({flag(field.name)} & {bit} > 0)"
        for field in fields
        for bit in (*KINDS.values(), PRESENT)
    ]
