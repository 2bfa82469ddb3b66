"""Quality by its dimensions, as ISO/IEC 25012 names them and W3C DQV publishes them, each with a definition.

Shares are of what is told (`quality.counts`): for a dataset about people they are made of rounded counts, and
1 to 4 count as 5, so that no share gives a small count away.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from apertura.contract import Contract
from apertura.quality.counts import THRESHOLD, about_people, shown
from apertura.quality.identifiers import RULES
from apertura.quality.profile import Profile

DIMENSIONS = {
    "completitud": "Que los datos tengan valor donde deben tenerlo.",
    "exactitud": "Que los valores tengan la forma y el dominio que se declaran.",
    "consistencia": "Que los datos no se contradigan entre columnas ni respecto a la versión anterior.",
    "actualidad": "Que los datos tengan la edad que corresponde a su frecuencia.",
    "unicidad": "Que cada cosa aparezca una sola vez.",
}
"""Dimension -> its definition; `confidencialidad` is one of expectations only."""

FREQUENCY_DAYS = {
    "daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "semiannual": 184, "annual": 366,
}  # fmt: skip
"""Longest period of each frequency; the others have none."""

_COMPLETENESS = ("_not_be_null", "_be_null", "_non_null_values_to_be_between", "expect_table_row_count")
_UNIQUENESS = ("_be_unique", "_unique_value_count_", "_proportion_of_unique_values_")
_CONSISTENCY = ("expect_column_pair_", "expect_multicolumn_", "expect_select_", "expect_table_columns_")
_PERIOD = re.compile(r"^(\d{4})(?:-(?:(\d{2})(?:-(\d{2}))?|[TQ]([1-4])))?$")


def dimension_of(kind: str) -> str:
    """The dimension that an expectation type speaks of; detectors of personal data: confidencialidad."""
    if kind in RULES or "_hold_no_" in kind:
        return "confidencialidad"
    if kind.endswith("_be_null") or any(part in kind for part in _COMPLETENESS):
        return "completitud"
    if any(part in kind for part in _UNIQUENESS) and "within_record" not in kind:
        return "unicidad"
    return "consistencia" if kind.startswith(_CONSISTENCY) else "exactitud"


def dimensions(
    contract: Contract,
    protected: Mapping[str, Any],
    validated: Mapping[str, Any],
    profiles: dict[str, Profile],
) -> dict[str, Any]:
    """By dimension its definition and its measurements: metrica, valor, recurso?, columnas?, definición.

    `valor` is a share from 0 to 1, a count, a number of days or true/false, as its definition says; null
    where nothing could be measured. It follows from the two documents alone: no clock is read.
    """
    measured = {
        "completitud": _completeness(contract, profiles),
        "exactitud": _accuracy(contract, protected, validated, profiles),
        "consistencia": _consistency(validated),
        "actualidad": _currentness(contract, protected),
        "unicidad": _uniqueness(contract, validated, profiles),
    }
    return {name: {"definición": DIMENSIONS[name], "mediciones": found} for name, found in measured.items()}


def share(contract: Contract, bad: int, whole: int) -> float | None:
    """The share of `whole` that is not `bad`, to six decimals; of people to three, and of rounded counts."""
    if whole <= 0:
        return None
    if not about_people(contract):
        return round(1 - bad / whole, 6)
    told, of = shown(contract, bad), shown(contract, whole)
    left = 1 - _number(told) / max(_number(of), THRESHOLD)
    return round(min(max(left, 0.0), 1.0), 3)


def _number(told: int | str) -> int:
    return told if isinstance(told, int) else THRESHOLD


def _measurement(metric: str, value: object, definition: str, **more: Any) -> dict[str, Any]:
    return {"metrica": metric, "valor": value, **more, "definición": definition}


def _completeness(contract: Contract, profiles: dict[str, Profile]) -> list[dict[str, Any]]:
    result = []
    # What says why another cell is empty is empty itself where all is well.
    states = {(r.name, f.name) for r in contract.resources for f in r.published_fields if f.state_of}
    for name, one in profiles.items():
        columns = {c: m for c, m in one.columns.items() if (name, c) not in states}
        apart = {c: m.not_applicable + m.suppressed for c, m in columns.items()}
        missing = sum(m.nulls - apart[c] for c, m in columns.items())
        cells = sum(one.rows - apart[c] for c in columns)
        result.append(
            _measurement(
                "celdas_con_valor",
                share(contract, missing, cells),
                "Parte de las celdas publicadas que tienen valor; sin las suprimidas y las que no aplican.",
                recurso=name,
            )
        )
        result += [
            _measurement(
                "celdas_con_valor_por_columna",
                share(contract, m.nulls - apart[c], one.rows - apart[c]),
                "Parte de las celdas de la columna que tienen valor.",
                recurso=name,
                columnas=[c],
            )
            for c, m in columns.items()
        ]
    return result


def _accuracy(
    contract: Contract,
    protected: Mapping[str, Any],
    validated: Mapping[str, Any],
    profiles: dict[str, Profile],
) -> list[dict[str, Any]]:
    result = []
    for name, one in profiles.items():
        counted = protected["cleaning"].get(name, {})
        columns = [c for c in one.columns if c in counted]
        unparsed = sum(int(counted[c].get("unparsed", 0)) for c in columns)
        present = sum(one.rows - one.columns[c].nulls for c in columns)
        result.append(
            _measurement(
                "valores_interpretados",
                share(contract, unparsed, present + unparsed),
                "Parte de los valores de la fuente que pudieron leerse en el tipo declarado.",
                recurso=name,
            )
        )
    domain = [item for item in validated["expectations"] if dimension_of(item["type"]) == "exactitud"]
    counted_ones = [item for item in domain if isinstance(item.get("unexpected"), int)]
    checked = sum(int(item["evaluated"]) - int(item.get("missing") or 0) for item in counted_ones)
    result.append(
        _measurement(
            "valores_en_su_dominio",
            share(contract, sum(int(item["unexpected"]) for item in counted_ones), checked),
            "Parte de los valores comprobados que cumplen las reglas de dominio, forma y rango.",
        )
    )
    return [*result, _met(domain, "comprobaciones_de_exactitud_cumplidas")]


def _met(expectations: Iterable[Mapping[str, Any]], metric: str) -> dict[str, Any]:
    each = [bool(item["success"]) for item in expectations]
    definition = f"Parte de las comprobaciones de esta dimensión que se cumplen ({sum(each)} de {len(each)})."
    return _measurement(metric, round(sum(each) / len(each), 6) if each else None, definition)


def _consistency(validated: Mapping[str, Any]) -> list[dict[str, Any]]:
    across = [item for item in validated["expectations"] if dimension_of(item["type"]) == "consistencia"]
    before = validated["comparison"]
    return [
        _met(across, "comprobaciones_de_consistencia_cumplidas"),
        _measurement(
            "esquema_estable",
            before["schema_stable"] if before else None,
            "Si las columnas y sus tipos son los de la versión anterior.",
        ),
        _met(before["items"] if before else [], "comparaciones_dentro_de_lo_tolerado"),
    ]


def _currentness(contract: Contract, protected: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts, missing = len(protected["partitions"]), len(protected["missing"])
    fresh = parts - len(protected["carried"])
    age = age_in_days(contract, protected)
    period = FREQUENCY_DAYS.get(contract.accrualPeriodicity)
    return [
        _measurement(
            "edad_en_dias",
            age,
            "Días entre el final del período que cubren los datos y la fecha en que se obtuvo el extracto.",
        ),
        _measurement(
            "al_dia",
            None if age is None or period is None else age <= 2 * period,
            "Si esa edad no pasa de dos veces el período de la frecuencia declarada.",
        ),
        _measurement(
            "partes_actualizadas",
            round(fresh / (parts + missing), 6) if parts + missing else None,
            "Parte de las particiones que se actualizaron con su último extracto.",
        ),
    ]


def age_in_days(contract: Contract, protected: Mapping[str, Any]) -> int | None:
    """Days from the end of the period that is covered to the extract; 0 within it, None where unknown."""
    keys = [*protected["partitions"], (contract.temporal or "").rpartition("/")[2]]
    ends = [end for key in keys if (end := period_end(key)) is not None]
    if not ends:
        return None
    taken = dt.datetime.fromisoformat(str(protected["taken"])).date()
    return max((taken - max(ends)).days, 0)


def period_end(text: str) -> dt.date | None:
    """The last day of `2024`, `2024-03`, `2024-T1` or `2024-03-15`; None for anything else."""
    found = _PERIOD.match(text)
    if found is None:
        return None
    year, month, day, quarter = (int(part) if part else None for part in found.groups())
    assert year is not None  # noqa: S101 (the pattern's)
    month = quarter * 3 if quarter else month or 12
    try:
        return dt.date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError:
        return None


def _uniqueness(
    contract: Contract, validated: Mapping[str, Any], profiles: dict[str, Profile]
) -> list[dict[str, Any]]:
    result = []
    for resource in contract.resources:
        if not resource.primaryKey:
            repeated = profiles[resource.name].repeated
            result.append(
                _measurement(
                    "filas_repetidas",
                    None if repeated is None else shown(contract, repeated),
                    "Filas iguales a otra en todas sus columnas; la tabla no declara llave.",
                    recurso=resource.name,
                )
            )
            continue
        about = ", ".join(resource.primaryKey)
        checks = [
            item
            for item in validated["expectations"]
            if item["resource"] == resource.name
            and item["column"] == about
            and item["type"].endswith("_to_be_unique")
        ]
        doubles = sum(int(item["unexpected"] or 0) for item in checks)
        key = {"recurso": resource.name, "columnas": list(resource.primaryKey)}
        unique = all(bool(item["success"]) for item in checks) if checks else None
        result += [
            _measurement("llave_unica", unique, "Si la llave declarada no se repite.", **key),
            _measurement(
                "filas_con_llave_repetida",
                shown(contract, doubles) if checks else None,
                "Filas cuya llave aparece en más de una.",
                **key,
            ),
        ]
    return result
