"""Suites: expectations/<institution>/<dataset>.json, what is expected beyond the contract.

    {"name": "<institution>/<dataset>",
     "resources": {"<resource>": [{"type", "kwargs", "severity", "description", "meta"?}]}}

`type`, `kwargs`, `severity` and `meta` are Great Expectations' own words; `description` is one Spanish
sentence for analysts. Everything is checked here, without importing Great Expectations, so that
`apertura check` finds what a run would stumble over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from apertura.contract import Dataset, FieldSpec, Resource
from apertura.errors import ContractError
from apertura.quality.expected import Expected, Severity, in_type_of
from apertura.quality.kinds import (
    COMPARED_WITH_EACH_OTHER,
    COMPARED_WITH_VALUES,
    COUNTS_VALUES,
    KINDS,
    STRUCTURAL,
    Kind,
)
from apertura.quality.patterns import refuse_bad_pattern

_KEYS = {"type", "kwargs", "severity", "description", "meta"}
_OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "IN", "NOT_IN")
_FIX = "mend the suite, then `apertura check`"


def load_suite(dataset: Dataset) -> list[Expected]:
    """The dataset's suite, [] when it has none; ContractError with file and position when it is wrong."""
    path = dataset.suite_path
    if not path.exists():
        return []
    place = f"expectations/{dataset.id}.json"
    document = _read(path, place)
    if not isinstance(document, dict) or set(document) != {"name", "resources"}:
        raise _wrong(place, "a suite is an object with `name` and `resources`, and nothing else")
    if document["name"] != dataset.id:
        raise _wrong(f"{place}: name", f"must be {dataset.id}", hint="a dataset has one name in every folder")
    if not isinstance(document["resources"], dict):
        raise _wrong(f"{place}: resources", "must be an object: resource name to list of expectations")
    resources = {resource.name: resource for resource in dataset.contract.resources}
    result: list[Expected] = []
    for name, items in document["resources"].items():
        here = f"{place}: resources.{name}"
        if name not in resources:
            raise _wrong(here, f"no such resource in the contract; known are {', '.join(resources)}")
        if not isinstance(items, list):
            raise _wrong(here, "must be a list of expectations")
        result += [_expected(resources[name], item, f"{here}[{index}]") for index, item in enumerate(items)]
    return result


def _read(path: Path, place: str) -> Any:
    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise _wrong(place, "a key stands twice in one object")
        return result

    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_duplicates)
    except UnicodeDecodeError:
        problem = "not UTF-8"
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    raise _wrong(place, problem)


def _expected(resource: Resource, item: Any, place: str) -> Expected:
    if not isinstance(item, dict):
        raise _wrong(place, "an expectation is an object")
    if unknown := set(item) - _KEYS:
        raise _wrong(
            place, f"unknown key {', '.join(sorted(unknown))}; allowed are {', '.join(sorted(_KEYS))}"
        )
    if missing := _KEYS - {"meta"} - set(item):
        raise _wrong(place, f"lacks {', '.join(sorted(missing))}")
    severity, description = item["severity"], item["description"]
    if severity not in get_args(Severity):
        raise _wrong(f"{place}.severity", f"must be one of {', '.join(get_args(Severity))}")
    if not isinstance(description, str) or not description.strip():
        raise _wrong(f"{place}.description", "must be one sentence in Spanish: analysts read it")
    if not isinstance(item.get("meta", {}), dict):
        raise _wrong(f"{place}.meta", "must be an object")
    kind = _kind(item["type"], place)
    kwargs = _kwargs(resource, item["type"], kind, item["kwargs"], f"{place}.kwargs")
    return Expected(resource.name, item["type"], kwargs, severity, "suite", description.strip(), place)


def _kind(name: Any, place: str) -> Kind:
    if isinstance(name, str) and name in STRUCTURAL:
        raise _wrong(f"{place}.type", "the contract implies this already", hint="remove it from the suite")
    if not isinstance(name, str) or name not in KINDS:
        raise _wrong(
            f"{place}.type",
            "not an expectation that may be used",
            hint=f"use one of {', '.join(sorted(KINDS))}; the results of others quote data",
        )
    return KINDS[name]


def _kwargs(resource: Resource, name: str, kind: Kind, given: Any, place: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _wrong(place, "must be an object")
    if unknown := set(given) - kind.arguments:
        raise _wrong(place, f"{', '.join(sorted(unknown))} not known; {name} takes {_listed(kind.arguments)}")
    if missing := {*kind.columns, *kind.lists, *kind.required} - set(given):
        raise _wrong(place, f"lacks {_listed(missing)}")
    if kind.optional and not kind.required and name.endswith("_between"):
        bounds = [key for key in ("min_value", "max_value") if given.get(key) is not None]
        if not bounds:
            raise _wrong(place, "needs min_value, max_value or both: without bounds it could never fail")
    fields = [_field(resource, given[key], f"{place}.{key}") for key in kind.columns]
    for key in kind.lists:
        if not isinstance(given[key], list) or len(given[key]) < 2:
            raise _wrong(f"{place}.{key}", "must be a list of at least two columns")
        fields += [_field(resource, column, f"{place}.{key}") for column in given[key]]
    for field in fields:
        if kind.suits and field.published_type not in kind.suits:
            raise _wrong(
                place,
                f"{field.name} is published as {field.published_type}; {name} is for {_listed(kind.suits)}",
            )
    types = {"number" if f.published_type == "integer" else f.published_type for f in fields}
    if name in COMPARED_WITH_EACH_OTHER and len(types) > 1:
        raise _wrong(place, f"the columns are published as {_listed(types)}, which do not compare")
    return {key: _value(resource, name, fields, key, value, f"{place}.{key}") for key, value in given.items()}


def _value(resource: Resource, name: str, fields: list[FieldSpec], key: str, value: Any, place: str) -> Any:
    if key == "row_condition":
        return _condition(resource, value, place)
    if key == "regex":
        refuse_bad_pattern(value, place)
    elif key == "regex_list":
        for pattern in _filled(value, place):
            refuse_bad_pattern(pattern, place)
    elif key == "mostly":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise _wrong(place, "must be a share above 0, at most 1")
    elif key == "value_pairs_set":
        return [_pair(fields, pair, place) for pair in _filled(value, place)]
    elif key in COMPARED_WITH_VALUES and fields and name not in COUNTS_VALUES:
        values = (
            [_typed(fields[0], item, place) for item in _filled(value, place)] if key == "value_set" else []
        )
        return values or _typed(fields[0], value, place)
    elif key in ("min_value", "max_value", "value", "sum_total") and (
        isinstance(value, bool) or not isinstance(value, int | float)
    ):
        raise _wrong(place, "must be a number")
    return value


def _pair(fields: list[FieldSpec], pair: Any, place: str) -> list[Any]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise _wrong(place, "must be a list of pairs")
    return [
        None if item is None else _typed(field, item, place) for field, item in zip(fields, pair, strict=True)
    ]


def _condition(resource: Resource, value: Any, place: str) -> dict[str, Any]:
    """A row condition in Great Expectations' own JSON; text conditions are refused, they are free SQL."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind in ("and", "or") and set(value) == {"type", "conditions"}:
        parts = _filled(value["conditions"], place)
        return {"type": kind, "conditions": [_condition(resource, part, place) for part in parts]}
    if kind == "nullity" and set(value) == {"type", "column", "is_null"}:
        if not isinstance(value["is_null"], bool):
            raise _wrong(place, "is_null must be true or false")
        return {**value, "column": {"name": _condition_field(resource, value, place).name}}
    if kind == "comparison" and set(value) == {"type", "column", "operator", "parameter"}:
        field = _condition_field(resource, value, place)
        operator, parameter = value["operator"], value["parameter"]
        if operator not in _OPERATORS:
            raise _wrong(place, f"operator must be one of {', '.join(_OPERATORS)}")
        typed = (
            [_typed(field, item, place) for item in _filled(parameter, place)]
            if operator in ("IN", "NOT_IN")
            else _typed(field, parameter, place)
        )
        return {"type": kind, "column": {"name": field.name}, "operator": operator, "parameter": typed}
    raise _wrong(
        place,
        "not a row condition",
        hint='write {"type": "comparison", "column": {"name": …}, "operator": "==", "parameter": …}, '
        '{"type": "nullity", "column": {"name": …}, "is_null": …}, or "and"/"or" with "conditions"',
    )


def _condition_field(resource: Resource, value: dict[str, Any], place: str) -> FieldSpec:
    column = value["column"]
    return _field(resource, column.get("name") if isinstance(column, dict) else None, f"{place}.column")


def _field(resource: Resource, name: Any, place: str) -> FieldSpec:
    published = {field.name: field for field in resource.published_fields}
    if isinstance(name, str) and name in published:
        return published[name]
    hidden = {field.name: field.treatment for field in resource.fields}
    if isinstance(name, str) and name in hidden:
        raise _wrong(
            place,
            f"{name} is not published (treatment: {hidden[name]})",
            hint="expect published columns only",
        )
    raise _wrong(place, f"no such column; published are {', '.join(published)}")


def _typed(field: FieldSpec, value: Any, place: str) -> Any:
    try:
        return in_type_of(field, value)
    except ValueError:
        pass
    raise _wrong(place, f"{field.name} is published as {field.published_type}; a value is not of that type")


def _filled(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _wrong(place, "must be a list that is not empty")
    return value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _wrong(place: str, problem: str, *, hint: str = _FIX) -> ContractError:
    return ContractError(f"{place}: {problem}", hint=hint)
