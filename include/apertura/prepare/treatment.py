"""The SQL of deidentify: which rows leave whole, and what of each column stays.

Everything here is text in, text out: no expression casts a source column, so that it may stand directly
over a text file's reader (see `vocabulary.Macro.casts`).
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apertura.contract import FieldSpec, Resource
from apertura.contract.handling import Inside
from apertura.contract.model import Condition
from apertura.detect.words import expected
from apertura.prepare.engine import literal, quoted
from apertura.prepare.layout import Columns, fed_by_patterns
from apertura.prepare.partition import missing_markers, needed_fields
from apertura.quality.identifiers import words_of

FORMS = {
    "nit": "nit",
    "cui": "cui",
    "phone": "phone",
    "person": "person_key",
    "text": "nullif(fold_text(safe_text({})), '')",
}
"""Canonical form of a pseudonym -> macro, or an expression over the column."""

_DIGITS = "'0123456789', 'ghijklmnop'"
"""Letters that stand for the digits of a pseudonym inside a text."""

_NO_NIT = "upper(translate({}, ' ./-', '')) = 'CF'"
"""Consumidor final: the buyer gave no NIT, which is a missing value and not a bad one."""


def source_select(resource: Resource, columns: Columns, relation: str, partition: str) -> str:
    """The raw table under the names of the contract's fields, one row for each wide cell.

    A field that this layout does not have, as a column or by a pattern, is NULL; one with `partition` is that
    key in every row.
    """
    items = [
        f"{quoted(column) if column is not None else 'CAST(NULL AS VARCHAR)'} AS {quoted(name)}"
        for name, column in columns.sources.items()
    ]
    items += [f"{literal(partition)} AS {quoted(one.name)}" for one in resource.fields if one.partition]
    if not columns.wide:
        return f"SELECT {', '.join(items)} FROM {relation}"
    fed = sorted(fed_by_patterns(resource))
    cells = []
    for wide in columns.wide:
        filled = {name: literal(text) for name, text in wide.parts.items()}
        filled[wide.value_field] = quoted(wide.column)
        entries = ", ".join(f"{literal(name)}: {filled.get(name, 'CAST(NULL AS VARCHAR)')}" for name in fed)
        cells.append(f"{{{entries}}}")
    items.append(f"unnest([{', '.join(cells)}], recursive := true)")
    select = f"SELECT {', '.join(items)} FROM {relation}"
    if resource.drop_empty_cells:
        values = sorted({pattern.value for pattern in resource.patterns})
        return f"SELECT * FROM ({select}) WHERE NOT ({empty_row(values)})"
    return select


def present(field: FieldSpec) -> str:
    """The column's text, NULL where the contract says that there is no value."""
    name = quoted(field.name)
    trimmed = f"trim_text({name})"
    missing = [f"{trimmed} = ''"]
    if markers := missing_markers(field):
        listed = ", ".join(literal(marker) for marker in markers)
        missing += [f"{name} IN ({listed})", f"{trimmed} IN ({listed})"]
    missing += [f"missing_{name}({trimmed})" for name in field.missing]
    if field.pseudonym is not None and field.pseudonym.form == "nit":
        missing.append(_NO_NIT.format(name))
    return f"CASE WHEN {' OR '.join(missing)} THEN NULL ELSE {name} END"


def empty_row(names: Sequence[str]) -> str:
    """Whether no source column of a row holds anything but blanks."""
    return " AND ".join(f"coalesce(trim_text({quoted(name)}), '') = ''" for name in names)


def excluded_by(resource: Resource) -> str:
    """The number of the first rule that takes the row out, NULL when it stays. Not knowing takes it out."""
    if not resource.exclude_rows:
        return "CAST(NULL AS INTEGER)"
    cases = [
        f"WHEN ({_condition(resource, rule.when)}) IS DISTINCT FROM false THEN {number}"
        for number, rule in enumerate(resource.exclude_rows)
    ]
    return f"CASE {' '.join(cases)} END"


def _condition(resource: Resource, when: Condition) -> str:
    if when.macro is not None:
        values = ", ".join(present(resource.field(name)) for name in when.of or [])
        return f"{when.macro}({values})"
    folded = f"fold_text({present(resource.field(str(when.field)))})"
    if when.matches is not None:
        return f"regexp_matches({folded}, {literal(when.matches)})"
    listed = ", ".join(f"fold_text({literal(text)})" for text in when.in_ or when.not_in or [])
    if not listed:
        return "NULL"
    return f"{folded} IN ({listed})" if when.in_ is not None else f"{folded} NOT IN ({listed})"


def outgoing(resource: Resource, variables: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Field -> expression of what leaves deidentify, in the contract's order.

    Dropped columns, and transient ones that nothing needs, are not there. A pseudonym whose value has no
    canonical form, and a value that `admit` does not let through, become the empty text: it holds nothing,
    and tells what was refused from what was missing. `variables` names, for each pseudonymized field, the
    SQL variables of its inner and outer HMAC key.
    """
    needed = needed_fields(resource)
    result: dict[str, str] = {}
    for field in resource.fields:
        if field.derive is not None or field.name not in needed:
            continue
        if field.pseudonym is not None:
            inner, outer = variables[field.name]
            canonical = _canonical(field.pseudonym.form, _given(field))
            made = f"hmac_sha256({canonical}, getvariable({literal(inner)}), getvariable({literal(outer)}))"
            result[field.name] = _refusable(field, made)
        elif field.inside is not None:
            result[field.name] = _refusable(
                field, _without_people(field, field.inside, variables[field.name])
            )
        elif field.admit is not None:
            result[field.name] = _refusable(field, f"{field.admit}({_given(field)})")
        else:
            result[field.name] = quoted(field.name)
    return result


def _without_people(field: FieldSpec, inside: Inside, keys: tuple[str, str]) -> str:
    """The text with a pseudonym in place of each piece that the macro lists; NULL where it refuses."""
    value = _given(field)
    pieces = f"{inside.macro}({', '.join([value, *(quoted(name) for name in inside.of)])})"
    inner, outer = (f"getvariable({literal(key)})" for key in keys)
    # In letters: among the digits of a text nobody, and no detector, may take a pseudonym for a number.
    hashed = f"hmac_sha256({_canonical(inside.pseudonym.form, 'piece')}, {inner}, {outer})"
    made = f"translate({hashed}, {_DIGITS})"
    replaced = f"list_reduce({pieces}, lambda text, piece: replace(text, piece, {made}), {value})"
    if field.admit is not None:
        replaced = f"{field.admit}({replaced})"
    left = " OR ".join(_still_there(field))
    return f"list_transform([{replaced}], lambda text: CASE WHEN NOT ({left}) THEN text END)[1]"


def _still_there(field: FieldSpec) -> list[str]:
    """What the gate would stop the whole dataset for: the one text is refused instead."""
    exempt = {one.detector for one in field.exempt if one.rows is None}
    likely = "true" if expected("phone", words_of(field)) else "false"
    tests = {"email": "holds_email(text)", "phone": f"holds_mobile(text, {likely})"}
    return ["holds_cui(text)", *(test for kind, test in tests.items() if kind not in exempt)]


def refusing_fields(resource: Resource) -> list[FieldSpec]:
    """Fields in which deidentify may refuse a value."""
    needed = needed_fields(resource)
    return [field for field in resource.fields if field.name in needed and (field.keyed or field.admit)]


def _canonical(form: str, value: str) -> str:
    pattern = FORMS[form]
    return pattern.format(value) if "{}" in pattern else f"{pattern}({value})"


def _given(field: FieldSpec) -> str:
    """What a macro is given. A blank makes no value anyway; only other markers must be kept from it."""
    return present(field) if missing_markers(field) or field.missing else quoted(field.name)


def _refusable(field: FieldSpec, made: str) -> str:
    """What was made of the value; where nothing was, empty text or NULL, as it was there or missing."""
    return f"coalesce({made}, CASE WHEN ({present(field)}) IS NOT NULL THEN '' END)"


def macros_used(resource: Resource) -> list[str]:
    """Every macro that deidentify calls for a resource."""
    names = ["trim_text", "fold_text", "safe_text"]
    names += [rule.when.macro for rule in resource.exclude_rows if rule.when.macro]
    for field in resource.fields:
        names += [f"missing_{name}" for name in field.missing]
    for field in refusing_fields(resource):
        if field.admit is not None:
            names.append(field.admit)
        if field.inside is not None:
            names += [field.inside.macro, "holds_cui", "holds_email", "holds_mobile"]
        if field.keyed is not None and field.keyed.form != "text":
            names.append(FORMS[field.keyed.form])
    return names
