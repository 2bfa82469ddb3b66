"""What the certificate tells of disclosure control: models, risks before and after, losses, attacks.

Made of protect's exact account (`disclosure` of protect.json) by the rules of `told`. Nothing is told by
category, and only names that the contract declares are taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apertura.contract import Contract
from apertura.contract.privacy import Counts, Microdata, Sensitive
from apertura.errors import PrivacyError
from apertura.prepare.disclosure.attack import ATTEMPTS, SUPPOSED
from apertura.publish import told
from apertura.quality.counts import THRESHOLD, shown

Tell = Callable[[float], float | None]
MEASURED = "medido"
"""Key of what describes the extract and not the rules: it makes no release another one."""

OTHER = "other"
NOTHING = "No había nada que atacar."
"""Result of an attack that found nothing to try."""
_DISTANCES = {"equal": "igual", "ordered": "ordenada"}
_KINDS = {
    "linkage": "enlace",
    "few": "pocas columnas",
    "people": "personas distintas",
    "certainty": "certeza",
    "cross": "cruce de tablas",
    "siblings": "resta entre tablas",
    "subtraction": "resta",
    "row-order": "orden de las filas",
    "row-numbers": "números de fila",
    "pseudonym-sizes": "tamaño de los seudónimos",
    "key-dictionary": "diccionario sin clave",
    "versions": "otras versiones",
    "neighbours": "otros conjuntos",
    OTHER: "otros",
}
_HELD = {
    "linkage": "A ningún registro original le quedaron menos candidatos de los exigidos.",
    "few": "Ningún grupo es más pequeño de lo exigido.",
    "people": "En ningún grupo hay menos personas distintas de las exigidas.",
    "certainty": "De nadie se deduce el valor con más certeza de la permitida.",
    "cross": "A ningún registro le quedaron menos candidatos de los exigidos.",
    "siblings": "Lo que una tabla calla y otra cuenta no habla de ningún grupo pequeño.",
    "subtraction": "Ninguna celda suprimida se pudo acotar lo suficiente.",
    "row-order": "Las filas están ordenadas por sus propias columnas: su orden no dice nada más.",
    "row-numbers": "Ninguna columna numera las filas.",
    "pseudonym-sizes": "El número de registros no basta para encontrar a nadie.",
    "key-dictionary": "Ningún número adivinado dio un seudónimo publicado.",
    "versions": "La diferencia con esa versión no habla de ningún grupo pequeño.",
    "neighbours": "A ninguna fila le quedaron menos candidatos de los exigidos.",
    OTHER: "El ataque no tuvo éxito.",
}
_PUBLISHED = ("linkage", "few", "certainty", "pseudonym-sizes")
"""Attacks whose smallest set of candidates can be counted in the published table."""


def protection(contract: Contract, disclosure: Mapping[str, Any]) -> dict[str, Any]:
    """Unit, attacker, the model of each table with what it reached, and what other tables are linked."""
    privacy = contract.privacy
    if privacy is None:
        return {}
    accounts = {one["resource"]: one for one in disclosure["tables"] if one["kind"] == "microdata"}
    cells = {name: one for doc in disclosure["tables"] if doc["kind"] == "counts"
             for name, one in doc["tables"].items()}  # fmt: skip
    utility = disclosure["utility"]
    tables = [
        _microdata(contract, table, accounts[table.resource], utility[table.resource])
        if isinstance(table, Microdata)
        else _counts(contract, table, cells[table.resource])
        for table in privacy.tables
    ]
    return {
        "unidad": privacy.unit,
        "atacante": privacy.attacker,
        **_supposed(contract, disclosure),
        "tablas": tables,
        "enlaces": [
            {"sobre": link.about, "columnas": {name: link.columns[name] for name in sorted(link.columns)}}
            for link in privacy.links
        ],
    }


def _supposed(contract: Contract, disclosure: Mapping[str, Any]) -> dict[str, str]:
    """The assumption that the protection rests on, and what would follow if it did not hold."""
    reason = contract.privacy.unpublished_totals if contract.privacy else None
    if reason is None:
        return {}
    tried = [one["result_es"] for one in disclosure["attacks"] if one["name"] == SUPPOSED]
    return {"supuesto": reason, **({"si_no_se_cumple": tried[0]} if tried else {})}


def levels(disclosure: Mapping[str, Any] | None) -> dict[str, dict[str, int]]:
    """Resource -> column -> the level of its hierarchy that it is published at."""
    tables = disclosure["tables"] if disclosure else []
    return {one["resource"]: dict(one["levels"]) for one in tables if one["kind"] == "microdata"}


def _microdata(
    contract: Contract, table: Microdata, account: Mapping[str, Any], utility: Mapping[str, Any]
) -> dict[str, Any]:
    rows = told.before(contract, int(account["rows_out"]), int(account["suppressed_rows"]))
    raw = max(1, int(account["rows_in"]))
    models = [(contract.privacy.attacker if contract.privacy else "", table.quasi_identifiers, table.k,
               table.sensitive)]  # fmt: skip
    models += [(one.title, one.knows, one.k, one.sensitive) for one in table.also_against]
    return {
        "recurso": table.resource,
        "tipo": "registros",
        "modelos": [
            {
                "contra": title,
                "conoce": list(knows),
                "k": k,
                "sensibles": [_asked(one) for one in sensitive],
            }
            for title, knows, k, sensitive in models
        ],
        **_unit(table),
        "supresion": {
            "de": "registros" if table.suppression.kind == "records" else "celdas",
            "limite": table.suppression.limit,
        },
        MEASURED: {
            "alcanzado": [
                _reached(one["reached"], sensitive, rows)
                for one, (_, _, _, sensitive) in zip(account["models"], models, strict=True)
            ],
            "suprimido": _suppressed(contract, account),
            "riesgo": {"antes": _before(account["before"], raw, rows), "despues": _after(account["after"])},
            "perdida": _loss(contract, account),
            "utilidad": _utility(contract, account, utility),
        },
    }


def _unit(table: Microdata) -> dict[str, str]:
    """What k, l and t count."""
    if table.unit is None:
        return {}
    if table.unit.row is not None:
        return {"cuenta": f"Cada fila: {table.unit.row}"}
    return {
        "cuenta": "Personas distintas, no filas: quien tiene varias filas cuenta una vez, y las filas de las "
        "que no se sabe de quién son no cuentan como nadie más."
    }


def _asked(one: Sensitive) -> dict[str, Any]:
    asked = {
        "l_distinta": one.distinct_l,
        "l_entropia": one.entropy_l,
        "t": one.t,
        "distancia": _DISTANCES[one.distance] if one.t is not None else None,
        "mayor_proporcion": one.largest_share,
    }
    return {"columna": one.field, **{name: value for name, value in asked.items() if value is not None}}


def _reached(reached: Mapping[str, Any], sensitive: list[Sensitive], rows: int) -> dict[str, Any]:
    """k under both conventions for a missing cell, the worse of them; l, t and share of the worst group."""
    by_category, by_wildcard = int(reached["k_category"]), int(reached["k_wildcard"])
    return {
        "k": min(by_category, by_wildcard),
        "k_vacio_como_categoria": by_category,
        "k_vacio_como_comodin": by_wildcard,
        "sensibles": [
            {
                "columna": one.field,
                "l_distinta": int(reached["sensitive"][one.field]["distinct_l"]),
                "l_entropia": told.down(reached["sensitive"][one.field]["entropy_l"]),
                "t_antes_de_suprimir": told.stepped_up(reached["sensitive"][one.field]["t"], rows, one.t),
                "t_publicada": told.up(reached["sensitive"][one.field]["t_after_suppression"], one.t),
                "mayor_proporcion": told.up(
                    reached["sensitive"][one.field]["largest_share"], one.largest_share
                ),
            }
            for one in sensitive
        ],
    }


def _suppressed(contract: Contract, account: Mapping[str, Any]) -> dict[str, Any]:
    cells = account["suppressed_cells"]
    gone = int(account["suppressed_rows"])
    published = int(account["rows_out"])
    return {
        "filas_publicadas": published,
        "filas_suprimidas": shown(contract, gone, people=True),
        "proporcion": told.whole(
            told.midpoint(contract, gone) / max(1, told.before(contract, published, gone))
        ),
        **(
            {"celdas": {name: shown(contract, int(count), people=True) for name, count in cells.items()}}
            if cells
            else {}
        ),
    }


def _before(risk: Mapping[str, Any], raw: int, rows: int) -> dict[str, Any]:
    """Of the table before protection (`raw` rows, told as `rows`): only shares in steps; the smallest group
    never exactly."""
    sizes = risk["class_sizes"]
    parts = {
        "1": sizes["1"], "2-4": sizes["2"] + sizes["3-4"], "5-9": sizes["5-9"], "10-19": sizes["10-19"],
        "20+": sizes["20+"],
    }  # fmt: skip
    return {
        "grupo_menor": told.smallest(int(risk["k_category"])),
        "unicos": told.stepped(risk["uniques"] / raw, rows),
        "por_tamano": {name: told.stepped(count / raw, rows) for name, count in parts.items()},
        **_risks(risk, lambda share: told.stepped(share, rows)),
    }


def _after(risk: Mapping[str, Any]) -> dict[str, Any]:
    """Of the published table, which everybody has: nothing here that it does not show by itself."""
    sizes, rows = risk["class_sizes"], max(1, int(risk["rows"]))
    parts = {
        "1": sizes["1"], "2-4": sizes["2"] + sizes["3-4"], "5-9": sizes["5-9"], "10-19": sizes["10-19"],
        "20+": sizes["20+"],
    }  # fmt: skip
    return {
        "grupo_menor": min(int(risk["k_category"]), int(risk["k_wildcard"])),
        "unicos": told.whole(risk["uniques"] / rows),
        "por_tamano": {name: told.whole(count / rows) for name, count in parts.items()},
        **_risks(risk, told.whole),
    }


def _risks(risk: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Prosecutor, journalist and marketer risk; a maximum above 1/5 would tell a group under five."""
    return {
        "fiscal": _risk(risk["prosecutor"], tell),
        "periodista": _risk(risk["journalist"], tell),
        "comercial": {"medio": tell(risk["marketer"])},
    }


def _risk(risk: Mapping[str, float], tell: Tell) -> dict[str, Any]:
    limit = 1 / THRESHOLD
    most: float | str = f">{limit:g}" if risk["max"] > limit + 1e-9 else told.up(risk["max"])
    return {"maximo": most, "medio": tell(risk["mean"]), "sobre_el_umbral": tell(risk["above_threshold"])}


def _loss(contract: Contract, account: Mapping[str, Any]) -> dict[str, float]:
    """Loss of each quasi-identifier, 0 (untouched) to 1 (all suppressed)."""
    published, gone = int(account["rows_out"]), int(account["suppressed_rows"])
    cells = account["suppressed_cells"]
    return {
        name: told.lost(contract, loss, published, gone, int(cells.get(name, 0)))
        for name, loss in account["loss"]["columns"].items()
    }


def _utility(contract: Contract, account: Mapping[str, Any], utility: Mapping[str, Any]) -> dict[str, Any]:
    """What can still be done. The total of a few suppressed rows is nearly what one of them holds, so the
    error of totals is told only in wide steps, and not at all where fewer than five rows are gone."""
    published, gone = int(account["rows_out"]), int(account["suppressed_rows"])
    few = 0 < gone < THRESHOLD
    rows = told.before(contract, published, gone)
    return {
        "filas_conservadas": told.whole(published / max(1, rows)),
        "detalle_perdido": {
            name: told.stepped(one["information_lost"], rows) for name, one in utility["columns"].items()
        },
        "cruces_de_dos_columnas": {
            "tablas": int(utility["two_way"]["tables"]),
            "error_medio": told.stepped(utility["two_way"]["error"], rows),
        },
        "totales": {
            name: None if few else told.stepped(error, min(rows, 1000))
            for name, error in utility["totals"].items()
        },
    }


def _counts(contract: Contract, table: Counts, cells: Mapping[str, int]) -> dict[str, Any]:
    """A table of counts. How many cells are small by themselves and how many protect them is not told: with
    it, whoever adds up what is published could narrow them down."""
    whole, kept = int(cells["sum"]), int(cells["sum_published"])
    gone = int(cells["cells"]) - int(cells["published"]) - int(cells["unavailable"])
    return {
        "recurso": table.resource,
        "tipo": "conteos",
        "conteo": table.count,
        "dimensiones": [dimension.field for dimension in table.dimensions],
        "umbral": table.threshold,
        MEASURED: {
            "celdas": int(cells["cells"]),
            "celdas_suprimidas": shown(contract, gone, people=True),
            "proporcion": told.whole(gone / max(1, int(cells["cells"]))),
            "total_conservado": told.stepped(kept / whole, kept) if whole else 1.0,
        },
    }


def attacks(contract: Contract, disclosure: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every attack that was tried, with its result; PrivacyError when one of them succeeded.

    Numbers of attempts are not told: of an attack on original records they are the rows before suppression.
    """
    return list(_attacks(contract, disclosure))


def _attacks(contract: Contract, disclosure: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    models = {table.resource: table for table in (contract.privacy.tables if contract.privacy else [])}
    for one in disclosure["attacks"]:
        if one["name"] in ("prior-publication", SUPPOSED):
            continue
        kind = _kind(str(one["name"]))
        if one.get("accepted"):  # told apart, with who answers for it (certificate)
            continue
        if not one["passed"]:
            raise PrivacyError(
                f"{contract.id}, publish: an attack on what would be published succeeds: {one['name']}",
                hint="clear this run from its protect task",
            )
        if one["name"] == ATTEMPTS:  # it would name a folder whose files may still lie there
            continue
        result = _HELD[kind] if one["tried"] else NOTHING
        least = one["smallest_candidates"]
        entry = {
            "clase": _KINDS[kind],
            "titulo": one["title_es"],
            "conoce": one["knows_es"],
            "recursos": list(one["resources"]),
            "exito": False,
            "resultado": result,
        }
        table = models.get(str(one["resources"][-1]))
        if kind in ("linkage", "cross", "few") and isinstance(table, Microdata):
            entry["candidatos_exigidos"] = _k(table, str(one["name"]))
        if kind in _PUBLISHED and isinstance(least, int) and least >= THRESHOLD:
            entry["candidatos_minimos"] = least
        yield entry


def _kind(name: str) -> str:
    """What an attack's name stands for: `linkage-1-few`, `linkage-estado` and so on are of a few kinds."""
    if name.startswith("linkage"):
        if name.endswith("-few"):
            return "few"
        parts = name.split("-")[1:]
        numbered = parts[1:] if parts and (parts[0].isdigit() or parts[0] == "tables") else parts
        return "certainty" if numbered else "linkage"
    if name.startswith("people"):
        return "people"
    return name if name in _HELD else OTHER


def _k(table: Microdata, name: str) -> int:
    parts = name.split("-")
    if len(parts) > 1 and parts[1].isdigit():
        return table.also_against[int(parts[1]) - 1].k
    return table.k
