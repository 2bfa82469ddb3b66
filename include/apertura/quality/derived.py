"""From contract to expectations: what the contract says of a published column is held against the table.

Every one is critical. Constraints speak of the column's own values; a pseudonymized or generalized column
keeps only `required` and `unique` of them, and gets a check that nothing but its treatment's results left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from apertura.contract import Dataset, FieldSpec, Resource
from apertura.contract.privacy import Microdata
from apertura.errors import ContractError
from apertura.quality.expected import Expected, in_type_of
from apertura.quality.identifiers import RULES, searched
from apertura.quality.patterns import refuse_bad_pattern
from apertura.spanish import TYPES

Say = Callable[..., Expected]
"""Builds an expectation of one resource: type, Spanish description, keyword arguments."""

PSEUDONYM = r"^[0-9a-f]{32}$"
"""128 bits in hex, as sql/clean/hmac_sha256.sql writes them: no NIT, CUI, telephone or name looks so."""

GENERALIZED = {
    "year": r"^\d{4}$",
    "month": r"^\d{4}-(0[1-9]|1[0-2])$",
    "quarter": r"^\d{4}-T[1-4]$",
    "department": r"^(0[1-9]|1\d|2[0-2])$",
    "region": r"^R[1-8]$",
    "country": r"^GT$",
}
"""What a fixed generalisation leaves, as the macros of sql/clean write it."""

STATES = ("suprimido", "no_disponible", "no_aplica")
"""Why a value is missing, as a `<column>_estado` tells it."""

_SQL_TYPES: dict[str, list[str]] = {
    "string": ["VARCHAR"],
    "integer": ["BIGINT"],
    "boolean": ["BOOLEAN"],
    "date": ["DATE"],
    "datetime": ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"],
}
_IN_SPANISH = {**TYPES, "number": "número decimal exacto", "boolean": "verdadero o falso"}
_BOUNDED = ("integer", "number", "date", "datetime")


def derive(dataset: Dataset) -> list[Expected]:
    """What the contract implies, resource by resource, column by column; ContractError if it cannot hold."""
    result: list[Expected] = []
    for number, resource in enumerate(dataset.contract.resources):
        say = partial(_say, f"include/datasets/{dataset.id}.yaml", resource)
        result += _of_table(say, resource, dataset.contract.guards.minimum_rows if number == 0 else 0)
        for field in resource.published_fields:
            result += _of_column(say, resource, field)
            if field.treatment == "pseudonymize":
                result.append(_of_pseudonym(say, field))
            elif field.state_of is not None:
                result.append(_of_state(say, field))
            elif field.hierarchy:
                fixed = _fixed_level(dataset, resource, field)
                result += _of_hierarchy(say, field, fixed)
            elif field.treatment == "generalize":
                result.append(_of_generalized(say, field))
            else:
                result += _of_values(say, field, f"{dataset.id}: {resource.name}.{field.name}")
            result += _of_identifiers(say, resource, field)
        result += _of_key(say, resource)
    return result


def _say(place: str, resource: Resource, name: str, description: str, **kwargs: Any) -> Expected:
    return Expected(resource.name, name, kwargs, "critical", "contract", description, place)


def _of_table(say: Say, resource: Resource, minimum_rows: int) -> list[Expected]:
    result = [
        say(
            "expect_table_columns_to_match_ordered_list",
            "La tabla tiene exactamente las columnas declaradas, en su orden.",
            column_list=[field.name for field in resource.published_fields],
        )
    ]
    if minimum_rows:
        description = f"La tabla tiene al menos {minimum_rows} fila{'s' if minimum_rows > 1 else ''}."
        result.append(say("expect_table_row_count_to_be_between", description, min_value=minimum_rows))
    return result


def _of_column(say: Say, resource: Resource, field: FieldSpec) -> list[Expected]:
    """What holds whatever the treatment: type, presence, uniqueness."""
    name, kind, exact = field.name, field.published_type, field.decimal
    types = [f"DECIMAL({exact.precision},{exact.scale})"] if kind == "number" else _SQL_TYPES[kind]
    description = f"La columna {name} es de tipo {_IN_SPANISH[kind]}."
    result = [say("expect_column_values_to_be_in_type_list", description, column=name, type_list=types)]
    if field.constraints.required or name in resource.primaryKey:
        description = f"La columna {name} siempre tiene valor."
        result.append(say("expect_column_values_to_not_be_null", description, column=name))
    if field.constraints.unique and resource.primaryKey != [name]:
        result.append(_unique(say, name))
    return result


def _of_pseudonym(say: Say, field: FieldSpec) -> Expected:
    description = f"La columna {field.name} solo contiene seudónimos."
    return say("expect_column_values_to_match_regex", description, column=field.name, regex=PSEUDONYM)


def _of_generalized(say: Say, field: FieldSpec) -> Expected:
    rule, name = field.generalize, field.name
    description = f"La columna {name} solo contiene valores generalizados."
    if rule is not None and rule.bands is not None:
        labels = band_labels(rule.bands)
        return say("expect_column_values_to_be_in_set", description, column=name, value_set=labels)
    to = rule.to if rule is not None and rule.to is not None else ""
    return say("expect_column_values_to_match_regex", description, column=name, regex=GENERALIZED[to])


def _of_state(say: Say, field: FieldSpec) -> Expected:
    description = f"La columna {field.name} solo dice por qué falta un valor: {', '.join(STATES)}."
    return say("expect_column_values_to_be_in_set", description, column=field.name, value_set=list(STATES))


def _fixed_level(dataset: Dataset, resource: Resource, field: FieldSpec) -> int | None:
    """The level that the contract fixes for a quasi-identifier; None when protect may choose one."""
    model = dataset.contract.privacy.table(resource.name) if dataset.contract.privacy is not None else None
    return model.levels.get(field.name) if isinstance(model, Microdata) else None


def _of_hierarchy(say: Say, field: FieldSpec, fixed: int | None) -> list[Expected]:
    """Nothing finer than the level that the contract fixes; no rule where protect may choose."""
    if not fixed:
        return []
    level, name = field.hierarchy[fixed - 1], field.name
    description = f"La columna {name} solo contiene valores generalizados."
    if level.all or level.bands is not None or level.map is not None:
        labels = (
            ["*"]
            if level.all
            else band_labels(level.bands)
            if level.bands
            else sorted(set((level.map or {}).values()))
        )
        return [say("expect_column_values_to_be_in_set", description, column=name, value_set=labels)]
    if level.prefix is not None:
        longest = {"column": name, "max_value": level.prefix}
        return [say("expect_column_value_lengths_to_be_between", description, **longest)]
    regex = GENERALIZED[level.to or ""]
    return [say("expect_column_values_to_match_regex", description, column=name, regex=regex)]


def band_labels(bounds: list[int]) -> list[str]:
    """The labels of bands by their rising lower bounds, as sql/clean/band_label.sql writes them."""
    closed = [str(low) if high - 1 == low else f"{low}-{high - 1}" for low, high in pairwise(bounds)]
    return [*closed, f"{bounds[-1]}+"]


def _of_values(say: Say, field: FieldSpec, place: str) -> list[Expected]:
    """The constraints on the values of a column that is published as it is."""
    name, rules, result = field.name, field.constraints, []
    if rules.enum is not None:
        values = [_typed(field, "enum", value, place) for value in rules.enum]
        description = f"La columna {name} solo toma los valores declarados: {', '.join(rules.enum)}."
        result.append(say("expect_column_values_to_be_in_set", description, column=name, value_set=values))
    if rules.pattern is not None:
        _text_only(field, "pattern", place)
        whole = f"^(?:{rules.pattern})$"  # as in Table Schema, a pattern speaks of the whole value
        refuse_bad_pattern(whole, f"{place}: constraints.pattern")
        description = f"La columna {name} tiene la forma declarada."
        result.append(say("expect_column_values_to_match_regex", description, column=name, regex=whole))
    if rules.minimum is not None or rules.maximum is not None:
        bounds = {
            key: _bound(field, word, value, place)
            for key, word, value in (
                ("min_value", "minimum", rules.minimum),
                ("max_value", "maximum", rules.maximum),
            )
            if value is not None
        }
        description = f"La columna {name} está {_between(rules.minimum, rules.maximum)}."
        result.append(say("expect_column_values_to_be_between", description, column=name, **bounds))
    if rules.minLength is not None or rules.maxLength is not None:
        _text_only(field, "minLength and maxLength", place)
        lengths = {"min_value": rules.minLength, "max_value": rules.maxLength}
        description = f"La longitud de la columna {name} está {_between(rules.minLength, rules.maxLength)}."
        result.append(
            say("expect_column_value_lengths_to_be_between", description, column=name, **_given(lengths))
        )
    return result


def _of_identifiers(say: Say, resource: Resource, field: FieldSpec) -> list[Expected]:
    """No value holds what tells of a person, whatever the contract says of the column."""
    return [
        replace(
            say(rule.type, f"La columna {field.name} no contiene {RULES[rule.type]}.", column=field.name),
            severity=rule.rank,
        )
        for rule in searched(resource, field)
        if not rule.exempt
    ]


def _of_key(say: Say, resource: Resource) -> list[Expected]:
    key = resource.primaryKey
    if len(key) < 2:
        return [_unique(say, name) for name in key]
    description = f"No hay dos filas con los mismos valores de {', '.join(key)}."
    return [say("expect_compound_columns_to_be_unique", description, column_list=list(key))]


def _unique(say: Say, column: str) -> Expected:
    return say("expect_column_values_to_be_unique", f"La columna {column} no repite valores.", column=column)


def _given(values: dict[str, int | None]) -> dict[str, int]:
    return {key: value for key, value in values.items() if value is not None}


def _between(low: object, high: object) -> str:
    if low is not None and high is not None:
        return f"entre {_plain(low)} y {_plain(high)}"
    return f"en {_plain(low)} o más" if low is not None else f"en {_plain(high)} o menos"


def _plain(bound: object) -> str:
    return str(int(bound)) if isinstance(bound, float) and bound.is_integer() else str(bound)


def _bound(field: FieldSpec, word: str, value: object, place: str) -> Any:
    if field.published_type not in _BOUNDED:
        raise ContractError(
            f"{place}: constraints.{word}: a {field.published_type} has none",
            hint="use pattern, enum, minLength or maxLength for text",
        )
    return _typed(field, word, value, place)


def _typed(field: FieldSpec, word: str, value: object, place: str) -> Any:
    try:
        return in_type_of(field, value)
    except ValueError:
        pass
    raise ContractError(
        f"{place}: constraints.{word}: not a value of type {field.published_type}",
        hint="write dates as YYYY-MM-DD, numbers with a point, booleans as true or false",
    )


def _text_only(field: FieldSpec, word: str, place: str) -> None:
    if field.published_type != "string":
        raise ContractError(
            f"{place}: constraints: {word} is for type string, this is {field.published_type}",
            hint="use minimum, maximum or enum for other types",
        )
