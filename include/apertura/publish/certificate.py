"""privacidad.json: the privacy certificate of a release, in Spanish, without anything that identifies anyone.

It says what the law calls each column and what was done to it, on what basis, against whom people are
protected, what the models reached and cost, which attacks were tried, and what is public by other ways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apertura.contract import Contract, FieldSpec, Resource
from apertura.contract.handling import LegalBasis
from apertura.contract.privacy import Counts, Microdata
from apertura.publish import levels, protection
from apertura.publish.history import version_name
from apertura.publish.protection import MEASURED
from apertura.quality.counts import about_people, shown

ROUNDED = (
    "Para proteger a las personas, los conteos de filas y de valores están aproximados a múltiplos de 5, y "
    "«<5» significa de 1 a 4; solo el número de filas publicadas es exacto, pues cualquiera puede contarlas."
)
_PERSONAL = {"none": "ninguno", "personal": "personal", "sensible": "sensible"}
_TREATMENTS = {
    "keep": "conservar",
    "drop": "eliminar",
    "pseudonymize": "seudonimizar",
    "generalize": "generalizar",
    "suppress": "suprimir",
    "transient": "usar y eliminar",
}
_GENERALIZED = {"year": "año", "month": "mes", "quarter": "trimestre", "department": "departamento"}
_DOMAINS = {"table": "tabla", "dataset": "conjunto de datos"}
_ROTATIONS = {"release": "en cada publicación", "stable": "estable"}
_QUASI, _SENSITIVE, _COUNT = "cuasiidentificador", "atributo sensible", "conteo de personas"
DETECTORS = {
    "cui": "CUI o DPI",
    "nit": "NIT",
    "phone": "teléfono",
    "email": "correo electrónico",
    "plate": "placa de vehículo",
    "passport": "pasaporte",
    "account": "cuenta bancaria",
    "coordinates": "coordenadas",
    "birth_date": "fecha de nacimiento",
    "name": "nombre de persona",
    "address": "dirección",
}
_UNGROUPED = "Podría ayudar a señalar a una persona; las garantías se cumplen sin agrupar sus valores."
_ACCEPTED = {
    "revision": "La diferencia con esa versión puede hablar de pocas personas",
    "new_column": "La columna es nueva: las versiones se compararon sin ella",
}
_PUBLISHED_AS = {"rows": "registros originales", "totals": "totales"}


def privacy_report(
    contract: Contract,
    protected: Mapping[str, Any],
    key_id: str,
    gate: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The certificate. `protected` is the document of protect, `gate` what validate's gate found.

    A published column goes by its published name; one that is not published only by the name the source
    gives it. `key_id` is the public id of the pseudonym key, `none` without pseudonyms. PrivacyError when
    an attack on what would be published succeeded.
    """
    decision, disclosure = contract.release, protected.get("disclosure")
    chosen = protection.levels(disclosure)
    report: dict[str, Any] = {
        "apertura": 1,
        "conjunto": contract.id,
        **note(contract),
        "ley": "Decreto 57-2008, Ley de Acceso a la Información Pública",
        "deber_legal": contract.legal_duty,
        "decision": {
            "decidida_por": decision.decided_by,
            "fundamento": _basis(decision.legal_basis),
            "fecha": decision.date.isoformat(),
            "revision": decision.review.isoformat(),
            "licencia": decision.licence,
            "licencia_url": decision.licence_url,
        },
        "filas_excluidas": _exclusions(contract, protected),
        "recursos": [
            {
                "recurso": resource.name,
                "columnas": [
                    _column(contract, resource, field, key_id, chosen.get(resource.name, {}))
                    for field in resource.fields
                ],
            }
            for resource in contract.resources
        ],
    }
    if contract.privacy is not None and disclosure is not None:
        report["proteccion"] = protection.protection(contract, disclosure)
        report["ataques"] = protection.attacks(contract, disclosure)
    if contract.privacy is not None:
        report["publicaciones_anteriores"] = _prior(contract)
        if excepted := _accepted(contract, str(protected.get("taken", ""))):
            report["excepciones_aceptadas"] = excepted
    if gate:
        report["busqueda_de_datos_personales"] = _gate(contract, gate)
    return report


def lasting(report: Mapping[str, Any]) -> dict[str, Any]:
    """What of the certificate makes a release another one: rules, levels and models, not what the extract
    happened to hold, nor attacks, which look at other releases too."""
    volatile = ("filas_excluidas", "nota", "ataques", "busqueda_de_datos_personales", "excepciones_aceptadas")
    kept = {name: value for name, value in report.items() if name not in volatile}
    if "proteccion" in kept:
        tables = [
            {name: value for name, value in table.items() if name != MEASURED}
            for table in kept["proteccion"]["tablas"]
        ]
        kept["proteccion"] = {**kept["proteccion"], "tablas": tables}
        kept["proteccion"].pop("si_no_se_cumple", None)
    gate = report.get("busqueda_de_datos_personales")
    if gate and gate["excepciones"]:
        kept["excepciones"] = [
            {name: one[name] for name in ("recurso", "columna", "detector", "motivo")}
            for one in gate["excepciones"]
        ]
    return kept


def note(contract: Contract) -> dict[str, str]:
    """Says that counts are rounded, where they are."""
    return {"nota": ROUNDED} if about_people(contract) else {}


def _basis(basis: LegalBasis) -> dict[str, Any]:
    return {"base": basis.basis, "ley": basis.law, "motivo": basis.reason}


def _exclusions(contract: Contract, protected: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rules by legal basis, with the rows that left under it."""
    rules: dict[str, list[dict[str, Any]]] = {}
    for resource in contract.resources:
        for rule in resource.exclude_rows:
            basis = rule.legal_basis
            stated = {"recurso": resource.name, "ley": basis.law, "motivo": basis.reason}
            rules.setdefault(basis.basis, []).append(stated)
    return [
        {"base": basis, "filas": shown(contract, int(protected["excluded"].get(basis, 0))), "reglas": stated}
        for basis, stated in sorted(rules.items())
    ]


def _column(
    contract: Contract, resource: Resource, field: FieldSpec, key_id: str, chosen: Mapping[str, int]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if field.published:
        result["columna"] = field.name
    elif isinstance(field.source, str):
        result["columna_de_origen"] = field.source
    elif field.source is not None:
        result["columna_de_origen"] = sorted(set(field.source.values()))
    else:
        result["columna_derivada"] = field.name
    role = _role(contract, resource, field)
    result["acceso"] = field.access
    result["dato_personal"] = _PERSONAL[field.personal]
    result["tratamiento"] = _TREATMENTS[field.treatment]
    result["publicada"] = field.published
    if role:
        result["papel"] = role
    result["por_que"] = _why(field, role, chosen.get(field.name))
    if field.legal_basis:
        result["fundamento"] = _basis(field.legal_basis)
    if field.reserve:
        result["reserva"] = {
            "resolucion": field.reserve.resolution,
            "fecha": field.reserve.date.isoformat(),
            "vence": field.reserve.expires.isoformat(),
        }
    if field.keyed:
        domain = field.keyed.domain
        result["seudonimo"] = {
            "dominio": _DOMAINS.get(domain, f"grupo {domain.removeprefix('group:')}"),
            "rotacion": _ROTATIONS[field.keyed.rotation],
            "motivo": field.keyed.reason,
            "clave": key_id,
        }
    if field.generalize:
        by = field.generalize
        result["generalizacion"] = {"a": _GENERALIZED[by.to]} if by.to else {"desde": list(by.bands or [])}
    if field.hierarchy and field.name in chosen:
        result["nivel"] = levels.chosen(field, chosen[field.name], fixed=_fixed(contract, resource, field))
    return result


def _role(contract: Contract, resource: Resource, field: FieldSpec) -> str | None:
    """What the column is in the table's model: how somebody could be found, or what must stay uncertain."""
    table = contract.privacy.table(resource.name) if contract.privacy else None
    if isinstance(table, Counts):
        return _COUNT if field.name == table.count else None
    if table is None or not field.published:
        return None
    known = {*table.quasi_identifiers, *(name for one in table.also_against for name in one.knows)}
    asked = [*table.sensitive, *(one for other in table.also_against for one in other.sensitive)]
    if field.name in {one.field for one in table.sensitive}:
        return _SENSITIVE
    if field.name in known:
        return _QUASI
    return _SENSITIVE if field.name in {one.field for one in asked} else None


def _fixed(contract: Contract, resource: Resource, field: FieldSpec) -> bool:
    table = contract.privacy.table(resource.name) if contract.privacy else None
    return isinstance(table, Microdata) and field.name in table.levels


def _why(field: FieldSpec, role: str | None, level: int | None) -> str:
    """Why this was done to the column, in one sentence."""
    if field.treatment == "drop":
        if field.access == "reservada":
            return "Está reservada por resolución: no sale mientras dure la reserva."
        return {
            "sensible": "Es un dato personal sensible: no sale.",
            "personal": "Es un dato personal y no hay base legal para publicarlo.",
            "none": "No es un dato personal, pero no forma parte de lo que se publica."
            if field.access == "publica"
            else "Es información confidencial: no sale.",
        }[field.personal]
    if field.treatment == "transient":
        return "Solo sirve para calcular otra columna o para excluir filas, y después se elimina."
    if field.inside:
        return "Se publica con un seudónimo en lugar de cada número, correo o teléfono de una persona."
    if field.treatment == "pseudonymize":
        return "Permite saber qué registros son de la misma persona sin decir quién es."
    if field.treatment == "generalize":
        if level == 0:
            return _UNGROUPED
        return (
            "Junto con otras columnas podría señalar a una persona: se publica en grupos."
            if field.hierarchy
            else "El valor exacto podría señalar a una persona: se publica en grupos fijos."
        )
    if field.treatment == "suppress":
        return (
            "Los conteos pequeños, y los que permitirían deducirlos por resta, se suprimen."
            if role == _COUNT
            else "Solo se publica donde de nadie puede deducirse con certeza."
        )
    return _why_kept(field, role)


def _why_kept(field: FieldSpec, role: str | None) -> str:
    if field.state_of is not None:
        return "Dice por qué otra columna no tiene valor."
    if getattr(field, "label_of", None) is not None:
        return "Nombra lo que dice en código otra columna publicada."
    if field.legal_basis is not None:
        return "Se conserva con el fundamento legal que se indica."
    if role == _QUASI:
        return _UNGROUPED
    return "No es un dato personal."


def _prior(contract: Contract) -> list[dict[str, Any]]:
    """What the institution itself has published of the same people: no protection here undoes that."""
    if contract.privacy is None:
        return []
    return [
        {
            "titulo": one.title,
            "que": _PUBLISHED_AS[one.what],
            "fecha": one.date.isoformat() if one.date else None,
            "direccion": one.url,
            "nota": one.note,
            "consecuencia": "Los registros originales ya son públicos por esa vía: esta protección no puede "
            "deshacerlo. Se avisó al operador para que lo comunique a la institución."
            if one.what == "rows"
            else "Sus totales se toman como conocidos por quien ataca.",
        }
        for one in contract.privacy.prior_publications
    ]


def _accepted(contract: Contract, taken: str) -> list[dict[str, Any]]:
    """Differences to older versions that a person answers for, as far as they are of this release."""
    accepted = contract.privacy.accepted if contract.privacy else []
    moment = version_name(taken, "").partition("-")[0] if taken else ""
    return [
        {
            "que": _ACCEPTED[one.what],
            "recurso": one.resource,
            "columna": one.column,
            "version_anterior": one.version,
            "motivo": one.reason,
            "aceptada_por": one.by,
            "fecha": one.date.isoformat(),
        }
        for one in accepted
        if one.what == "new_column" or one.taken == moment
    ]


def _gate(contract: Contract, gate: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The last search for personal data in every published column: what it looked for, what it left through
    and why. Only declared names and detectors are taken over; hits count people."""
    declared = {
        resource.name: {field.name for field in resource.published_fields} for resource in contract.resources
    }
    looked = [
        one
        for one in gate
        if one.get("column") in declared.get(str(one.get("resource")), set())
        and one.get("detector") in DETECTORS
    ]
    return {
        "columnas": len({(one["resource"], one["column"]) for one in looked}),
        "detectores": [
            word for kind, word in DETECTORS.items() if any(o["detector"] == kind for o in looked)
        ],
        "excepciones": [
            {
                "recurso": one["resource"],
                "columna": one["column"],
                "detector": DETECTORS[one["detector"]],
                "motivo": str(one["exempt_reason"]),
                "coincidencias": shown(contract, int(one["hits"]), people=True),
            }
            for one in looked
            if one.get("exempt_reason")
        ],
    }
