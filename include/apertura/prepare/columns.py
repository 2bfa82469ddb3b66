"""The SQL of clean: each column from text to its type, and what happened to it on the way.

Steps of a query, each a SELECT over the one before: raw text, cleaned text, derived columns, typed values,
generalised values with one flag per thing that happened. Nothing is guessed: what does not parse is NULL.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from apertura.contract import FieldSpec, Resource
from apertura.contract.check import parse_macro
from apertura.contract.steps import Argument, Step, arguments_of, macro_of
from apertura.errors import ContractError
from apertura.prepare.engine import literal, quoted
from apertura.prepare.partition import missing_markers, needed_fields

CHANGED, NULLED, UNPARSED, REPLACED, PRESENT, CORRECTED = 1, 2, 4, 8, 16, 32
"""Flags of a value: cleaning altered it; a missing marker became NULL; a step of `clean`, a strict derivation
or the declared type has no value for it; characters that XML forbids were replaced; there is a text to
interpret (the base of the tolerance); a correction put another value in its place."""

KINDS = {
    "changed": CHANGED,
    "nulled": NULLED,
    "unparsed": UNPARSED,
    "replaced": REPLACED,
    "corrected": CORRECTED,
}


def raw(name: str) -> str:
    """Column of the text that deidentify left."""
    return quoted(f"raw:{name}")


def text(name: str) -> str:
    """Column of the cleaned text."""
    return quoted(f"text:{name}")


def digits(name: str) -> str:
    """Column of a number's plain digits, still text."""
    return quoted(f"digits:{name}")


def void(name: str) -> str:
    """Column that tells whether a step of `clean` had no answer for a text that is there."""
    return quoted(f"void:{name}")


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
    if refusing := [field for field in plan.sources if may_refuse(field)]:
        made = ", ".join(f"{_void(field)} AS {void(field.name)}" for field in refusing)
        query = f"SELECT *, {made} FROM ({query})"
    marked = [
        field for field in plan.sources if _empty_is_null(field) or missing_markers(field) or field.missing
    ]
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


def cleaned_items(resource: Resource, told: Collection[str] = ()) -> list[str]:
    """Select items over typed columns: every field that clean leaves, generalised, in its cleaned type.

    A late column has no value yet, unless it is one of `told`: those that the relation has.
    """
    return [
        f"CAST({_cleaned_value(field, told)} AS {cleaned_type(field)}) AS {quoted(field.name)}"
        for field in resource.cleaned_fields
    ]


def _cleaned_value(field: FieldSpec, told: Collection[str]) -> str:
    return "NULL" if field.late and field.name not in told else generalized(field)


def cleaned_type(field: FieldSpec) -> str:
    """The SQL type that clean leaves: what protect is to generalise still has its own."""
    return sql_type(field) if field.hierarchy else published_type(field)


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
    return bool(field.empty_string == "null" or field.keyed or field.admit)


def called(step: Step, expression: str) -> str:
    """A step of `clean` over an expression."""
    return _call(macro_of(step), [expression], arguments_of(step))


def _call(macro: str, values: Sequence[str], arguments: Sequence[Argument]) -> str:
    fixed = [literal(one) if isinstance(one, str) else str(one) for one in arguments]
    return f"{macro}({', '.join([*values, *fixed])})"


def first_step(field: FieldSpec) -> tuple[str, list[Step]]:
    """The macro that every text of the field goes through, and the steps of `clean` after it."""
    if field.clean[:1] == ["trim_text"]:
        return "tidy_text", field.clean[1:]
    return "safe_text", field.clean


_NEVER_REFUSES = {
    "trim_text", "upper_text", "lower_text", "fold_text", "code_text", "title_text", "mojibake_mended",
    "point_restored", "place_key", "word_key", "safe_text", "tidy_text", "tariff_code",
}  # fmt: skip
"""Macros that answer every text with a text: nothing of theirs can be not interpreted."""


def may_refuse(field: FieldSpec) -> bool:
    """Whether a step of `clean` may have no answer for a text."""
    return field.pseudonym is None and any(macro_of(step) not in _NEVER_REFUSES for step in field.clean)


def _cleaned(field: FieldSpec) -> str:
    """The contract's cleaning macros over the text, after the one that every text goes through."""
    if field.pseudonym is not None:
        return raw(field.name)
    first, steps = first_step(field)
    expression = f"{first}({raw(field.name)})"
    for step in steps:
        expression = called(step, expression)
    return expression


def _void(field: FieldSpec) -> str:
    trimmed = f"trim_text({raw(field.name)})"
    tests = [f"{trimmed} = ''", *_marked(field, raw(field.name)), *_marked(field, trimmed)]
    return (
        f"CASE WHEN {text(field.name)} IS NULL AND {raw(field.name)} IS NOT NULL "
        f"THEN NOT coalesce({' OR '.join(tests)}, false) ELSE false END"
    )


def _marked(field: FieldSpec, value: str) -> list[str]:
    """Tests of whether a text means no value."""
    tests = [f"missing_{name}({value})" for name in field.missing]
    if markers := missing_markers(field):
        tests.append(f"{value} IN ({', '.join(literal(marker) for marker in markers)})")
    return tests


def _without_markers(field: FieldSpec) -> str:
    name = text(field.name)
    tests = [f"{name} = ''"] if _empty_is_null(field) else []
    tests += [*_marked(field, name), *_marked(field, raw(field.name))]
    if field.clean[:1] != ["trim_text"]:
        tests += _marked(field, f"trim_text({raw(field.name)})")
    return f"CASE WHEN {' OR '.join(tests)} THEN NULL ELSE {name} END"


def _derived(field: FieldSpec) -> str:
    if field.derive is None:
        raise ContractError(f"field {field.name} derives from nothing")
    made = _call(field.derive.macro, [text(name) for name in field.derive.of], field.derive.with_)
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
    bits, there = [], f"{name} IS NOT NULL"
    if field.derive is not None and field.derive.strict:
        there = " AND ".join(f"{text(of)} IS NOT NULL" for of in field.derive.of)
        bits.append(f"CASE WHEN {name} IS NULL AND {there} THEN {UNPARSED} ELSE 0 END")
        there = f"({name} IS NOT NULL OR ({there}))"
    if field.derive is None and field.pseudonym is None:
        before, refused = raw(field.name), ""
        if may_refuse(field):
            refused = f"WHEN {void(field.name)} THEN {UNPARSED} "
            there = f"({name} IS NOT NULL OR {void(field.name)})"
        bits.append(
            f"CASE WHEN {name} <> {before} THEN {CHANGED} {refused}WHEN {name} IS NULL AND {before} <> '' "
            f"THEN {NULLED} ELSE 0 END"
        )
        if field.type == "string":
            mark = "chr(65533)"
            bits.append(
                f"CASE WHEN contains({name}, {mark}) AND NOT contains({before}, {mark}) "
                f"THEN {REPLACED} ELSE 0 END"
            )
    if field.type != "string" or field.generalize is not None:
        bits.append(f"CASE WHEN {name} IS NOT NULL AND {value} IS NULL THEN {UNPARSED} ELSE 0 END")
    bits.append(f"CASE WHEN {there} THEN {PRESENT} ELSE 0 END")
    return f"CAST({' + '.join(bits)} AS UTINYINT)"


STEP = "step:"
"""What stands before the number and macro of a step among the counts of a field."""


def steps_of(field: FieldSpec) -> list[str]:
    """Names under which the steps of `clean` are counted: of fields that have more than the first one."""
    if field.derive is not None or field.pseudonym is not None:
        return []
    first, steps = first_step(field)
    names = ["trim_text" if first == "tidy_text" else first, *(macro_of(step) for step in steps)]
    return [f"{STEP}{number}:{name}" for number, name in enumerate(names)] if steps else []


def steps_select(fields: Sequence[FieldSpec], relation: str) -> str:
    """One row over the raw texts: for each field, how many values each step changed or could not answer."""
    counts = []
    query = relation
    for position, field in enumerate(fields):
        first, steps = first_step(field)
        before = quoted(field.name)
        if tests := [*_marked(field, before), *_marked(field, f"trim_text({before})")]:
            marked = quoted(f"{STEP}{position}")
            given = f"CASE WHEN {' OR '.join(tests)} THEN NULL ELSE {before} END"
            query, before = f"(SELECT *, {given} AS {marked} FROM {query})", marked
        for number, step in enumerate([first, *steps]):
            after = quoted(f"{STEP}{position}:{number}")
            query = f"(SELECT *, {called(step, before)} AS {after} FROM {query})"
            counts.append(f"count(*) FILTER ({before} IS NOT NULL AND {after} IS DISTINCT FROM {before})")
            before = after
    return f"SELECT {', '.join(counts)} FROM {query}"


def flags_select(fields: Sequence[FieldSpec], relation: str) -> str:
    """One row for each field and each of its flags' values: the field's position, the value, its rows.

    A column has few values of them, so counting those is much cheaper than testing each bit of each row.
    """
    return " UNION ALL ".join(
        f"SELECT {number}, {flag(field.name)}, count(*) FROM {relation} GROUP BY ALL"
        for number, field in enumerate(fields)
    )
