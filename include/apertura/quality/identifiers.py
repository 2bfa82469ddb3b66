"""Which published columns are searched for people's identifiers, and for which: the least that is held.

A person's number may stand in a text that the contract calls public: a plate's remark, an address, a name.
Each rule is critical and tolerates nothing. It searches values that come from a source; what the contract
lists (enum), a treatment made (pseudonyms, generalised values) or a macro looked up cannot hold any.
"""

from __future__ import annotations

import re

from apertura.contract import FieldSpec
from apertura.contract.inherit import reduces

CUI = "expect_column_values_to_hold_no_cui"
MOBILE = "expect_column_values_to_hold_no_mobile"
EMAIL = "expect_column_values_to_hold_no_email"

RULES = {
    CUI: "ningún CUI (número de DPI)",
    MOBILE: "ningún teléfono móvil",
    EMAIL: "ninguna dirección de correo electrónico",
}
"""Expectation type -> what it says that a column does not contain."""

_TELEPHONES_LIKELY = re.compile(
    r"tel[eé]|cel|m[oó]vil|fax|whats|contact|direcci|domicil|ubica|residen|nombre|persona|responsable"
    r"|observa|coment|nota|descrip|detalle|relato|hechos|texto",
    re.IGNORECASE,
)
"""Names of columns in which people write telephones, so that eight bare digits are one.

Elsewhere (a vehicle's line, a make) eight digits alone may be a model: there it takes the usual hyphen,
502, or a word like CEL in the value.
"""


def searched(field: FieldSpec) -> list[tuple[str, dict[str, bool]]]:
    """The rules that a published column is held against: (expectation type, its arguments)."""
    if field.treatment in ("pseudonymize", "generalize") or field.constraints.enum is not None:
        return []
    if reduces(field):
        return []
    if field.published_type == "integer":
        # A measure has a unit; a whole number without one may be anybody's number.
        return [(CUI, {})] if field.unit is None else []
    if field.published_type != "string":
        return []
    rules: list[tuple[str, dict[str, bool]]] = [(CUI, {}), (EMAIL, {})]
    if not _is_code(field):
        rules.insert(1, (MOBILE, {"expected": True} if _telephones_likely(field) else {}))
    return rules


def _is_code(field: FieldSpec) -> bool:
    """A code of a declared form: eight of its digits are no telephone."""
    return "code_text" in field.clean and field.constraints.pattern is not None


def _telephones_likely(field: FieldSpec) -> bool:
    sources = field.source.values() if isinstance(field.source, dict) else [field.source or ""]
    return any(_TELEPHONES_LIKELY.search(name) for name in (field.name, field.title or "", *sources))
