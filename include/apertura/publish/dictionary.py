"""The data dictionary of a release: what Table Schema and Data Package say of it.

Both follow Data Package 2.0 (https://datapackage.org/standard/). What it has no word for is ours: `unit`,
`precision` and `scale` of a field, the objects named `apertura`, and `apertura:nivel`, what the values of a
generalised column are (departamento, trimestre).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apertura.contract import Contract, FieldSpec, Institution, Resource
from apertura.publish.levels import in_words

TABLE_SCHEMA = "https://datapackage.org/profiles/2.0/tableschema.json"
DATA_PACKAGE = "https://datapackage.org/profiles/2.0/datapackage.json"


def table_schema(resource: Resource, levels: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The published columns of a resource as a Table Schema descriptor.

    `levels`: column -> the level of its hierarchy that protect chose.
    """
    schema: dict[str, Any] = {
        "$schema": TABLE_SCHEMA,
        "fields": [_field(field, (levels or {}).get(field.name)) for field in resource.published_fields],
        "missingValues": [""],
    }
    if resource.primaryKey:
        schema["primaryKey"] = list(resource.primaryKey)
    return schema


def _field(field: FieldSpec, level: int | None) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "title": field.title or field.name}
    if field.description:
        described["description"] = field.description
    described["type"] = field.published_type
    if field.published_type == "number":
        described["precision"] = field.decimal.precision
        described["scale"] = field.decimal.scale
    if field.unit and field.published_type == field.type:
        described["unit"] = field.unit
    if level is not None and field.hierarchy:
        described["apertura:nivel"] = in_words([None, *field.hierarchy][level], field)
    constraints = _constraints(field)
    if constraints:
        described["constraints"] = constraints
    if field.published_type == "string" and field.empty_string == "keep" and field.constraints.required:
        described["missingValues"] = []  # here an empty cell is an empty text, never a missing one
    return described


def _constraints(field: FieldSpec) -> dict[str, Any]:
    """What holds for the published values: a bound on an age says nothing of an age band."""
    declared = field.constraints
    result: dict[str, Any] = {}
    if declared.required:
        result["required"] = True
    if declared.unique:
        result["unique"] = True
    if field.treatment in ("pseudonymize", "generalize"):
        return result
    if declared.enum is not None:
        result["enum"] = list(declared.enum)
    if declared.pattern is not None:
        result["pattern"] = declared.pattern
    for name, bound in (("minimum", declared.minimum), ("maximum", declared.maximum)):
        if bound is not None:
            whole = isinstance(bound, float) and bound.is_integer()
            result[name] = int(bound) if whole else bound
    for name, length in (("minLength", declared.minLength), ("maxLength", declared.maxLength)):
        if length is not None:
            result[name] = length
    return result


def data_package(
    contract: Contract,
    institution: Institution,
    files: dict[str, tuple[int, str]],
    levels: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, Any]:
    """The dataset as a Data Package descriptor; `files` maps a resource to bytes and SHA-256 of its CSV,
    `levels` to the level of each of its generalised columns.

    It holds no time and no version: a release with the same rows and the same contract has the same one.
    A licence is named only where the contract has its address; what the source says is in `apertura`.
    """
    release = contract.release
    package: dict[str, Any] = {
        "$schema": DATA_PACKAGE,
        "name": contract.name,
        "id": f"x-apertura://datos/{contract.id}",
        "title": contract.title,
        "description": contract.description,
        "homepage": contract.landingPage,
        "keywords": list(contract.keyword),
        "contributors": [{"title": institution.title, "path": institution.homepage, "roles": ["publisher"]}],
        "sources": [{"title": institution.title, "path": contract.landingPage}],
    }
    if release.licence_url:
        package["licenses"] = [{"path": release.licence_url, "title": release.licence}]
    package["apertura"] = {
        "dataset": contract.id,
        "schemaVersion": contract.schemaVersion,
        "licencia": release.licence,
        "theme": contract.theme,
        "accrualPeriodicity": contract.accrualPeriodicity,
        "spatial": contract.spatial,
        "temporal": contract.temporal,
        "deber_legal": contract.legal_duty,
        "advertencias": list(contract.caveats),
        "advertencias_de_uso": [
            {"codigo": warning.code, "nota": warning.note} for warning in contract.usage_warnings
        ],
        "calidad": "calidad.json",
        "privacidad": "privacidad.json",
    }
    package["resources"] = [
        _resource(resource, *files[resource.name], (levels or {}).get(resource.name))
        for resource in contract.resources
    ]
    return package


def _resource(resource: Resource, size: int, sha256: str, levels: Mapping[str, int] | None) -> dict[str, Any]:
    return {
        "name": resource.name,
        "type": "table",
        "title": resource.title,
        "description": resource.description,
        "path": f"{resource.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{sha256}",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True},
        "schema": table_schema(resource, levels),
        "apertura": {"otros_formatos": [f"{resource.name}.{name}" for name in ("json", "xml", "parquet")]},
    }
