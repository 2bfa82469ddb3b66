"""Which published columns are searched for personal data, for which kinds, and what a finding does.

A person's number may stand in a text that the contract calls public: a plate's remark, an address, a name.
What is searched are values that come from a source; what the contract lists (enum), a treatment made
(pseudonyms, generalised values) or a macro looked up cannot hold any. docs/privacy.md tells the rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from apertura.contract import FieldSpec, Resource
from apertura.contract.gate import Exemption
from apertura.contract.inherit import reduces
from apertura.detect.words import expected, of_something_else

_NAMED = {
    "cui": "ningún CUI (número de DPI)",
    "cui_doubtful": "números de 13 dígitos que parezcan un CUI mal escrito",
    "nit": "NIT de personas",
    "phone": "ningún teléfono móvil",
    "email": "ninguna dirección de correo electrónico",
    "plate": "placas de vehículos",
    "passport": "números de pasaporte",
    "account": "cuentas bancarias",
    "coordinates": "coordenadas que señalen una vivienda",
    "birth_date": "fechas de nacimiento",
    "name": "nombres de personas",
    "address": "direcciones de viviendas",
}
TYPES = {
    kind: "expect_column_values_to_hold_no_" + ("mobile" if kind == "phone" else kind) for kind in _NAMED
}
"""Detector -> expectation type."""
CUI, MOBILE, EMAIL = TYPES["cui"], TYPES["phone"], TYPES["email"]

RULES = {TYPES[kind]: named for kind, named in _NAMED.items()}
"""Expectation type -> what it says that a column does not contain."""

TOLERATED = {"name": 0.01, "address": 0.01}
"""Share of a column's values in which a finding without other ground does not block.

These two are recognised by words, not by a check digit: a few in a hundred texts may be of a hero's park.
"""
_TOLERATED = 0.001
_FEW = {"nit": 5, "account": 5, "passport": 5, "plate": 5, "birth_date": 5}
"""At most so many, however long the table: each of these is somebody's."""
_NEVER = ("cui", "phone", "email")
"""Critical wherever they are found, none is tolerated."""
_BY_LAW = ("plate", "passport", "account", "birth_date", "coordinates", "name", "address")
"""A legal basis for keeping a personal column is ground for these: it is what the column is kept for."""
_BY_NAME = ("passport", "account", "birth_date")
"""Of these only where the column is named for the kind: nobody keeps a passport by chance."""
_BY_MEANING = ("name", "address", "coordinates")
"""Schools, firms and places have these, too."""
_NUMBERS = ("nit", "phone", "passport", "account")
"""What a number without a unit may be, where its column is named for it."""


@dataclass(frozen=True)
class Rule:
    """One column and detector: up to `tolerance` of its values, and no more than `most`, do not block.

    `by_chance`: codes and numbers, where what chance explains does not block either.
    """

    column: str
    detector: str
    rank: Literal["critical", "warning"]
    tolerance: float = 0.0
    most: int | None = None
    by_chance: bool = False
    exemption: Exemption | None = None

    @property
    def type(self) -> str:
        """The expectation type."""
        return TYPES[self.detector]

    @property
    def exempt(self) -> bool:
        """Whether all rows are exempt."""
        return self.exemption is not None and self.exemption.rows is None


_WORDS = ("MARIAPEREZ", "mariaperez", "MaríaPérez", "María Pérez")
"""Names as `code_text` leaves them, and as they come."""

NUMERIC = ("integer", "number")
"""Types whose values are searched as numbers, not as text."""


def searched(resource: Resource, field: FieldSpec) -> list[Rule]:
    """What a published column is searched for, and what a finding does."""
    exempt = {one.detector: one for one in field.exempt}
    return [
        Rule(
            field.name,
            detector,
            _rank(resource, field, detector),
            0.0 if detector in _NEVER else TOLERATED.get(detector, _TOLERATED),
            _FEW.get(detector),
            detector == "cui" and (_is_code(field) or field.published_type in NUMERIC),
            exempt.get(detector),  # type: ignore[call-overload]
        )
        for detector in _detectors(field)
    ]


def words_of(field: FieldSpec) -> str:
    """What is said of a column: name, title, names in the source."""
    sources = field.source.values() if isinstance(field.source, dict) else [field.source or ""]
    return " ".join([field.name, field.title or "", *sources])


def _detectors(field: FieldSpec) -> Sequence[str]:
    made = field.treatment == "pseudonymize" or field.generalize is not None
    if made or field.constraints.enum is not None or field.late or reduces(field):
        return ()
    words = words_of(field)
    if field.hierarchy and field.type != "string":
        return ("cui",)  # the lowest level of a searched hierarchy is the value itself
    if field.published_type in NUMERIC:
        # A measure has a unit; a number without one may be anybody's. Thirteen digits are looked at in both.
        likely = tuple(kind for kind in _NUMBERS if field.unit is None and expected(kind, words))
        places = field.published_type == "number" and expected("coordinates", words)
        return ("cui", *likely, *(("coordinates",) if places else ()))
    if field.published_type in ("date", "datetime"):
        return ("birth_date",) if expected("birth_date", words) else ()
    if field.published_type != "string":
        return ()
    if _is_code(field):
        return ("cui", "email", *(("nit",) if expected("nit", words) else ()))
    return tuple(_NAMED)


def _rank(resource: Resource, field: FieldSpec, detector: str) -> Literal["critical", "warning"]:
    if detector == "cui_doubtful":
        return "warning"
    by_law = field.personal == "personal" and field.legal_basis is not None and field.treatment == "keep"
    named = detector not in _BY_NAME or expected(detector, words_of(field))
    if by_law and detector in _BY_LAW and named:
        return "warning"
    if detector in _BY_MEANING and field.personal == "none" and of_something_else(words_of(field)):
        return "warning"
    if detector == "coordinates" and all(one.personal == "none" for one in resource.published_fields):
        return "warning"  # a place in a table that tells of nobody
    return "critical"


def _is_code(field: FieldSpec) -> bool:
    """A code of a declared form: eight of its digits are no telephone. A form that any word has is none."""
    pattern = field.constraints.pattern
    if "code_text" not in field.clean or pattern is None:
        return False
    try:
        return not any(re.fullmatch(pattern, word) for word in _WORDS)
    except re.error:
        return False
