"""The type a column is proposed to have, from counts of the values that fit each way of writing it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from apertura.contract.open import OPEN
from apertura.draft.profile import FITS, Facts
from apertura.draft.telling import told

NEAR = 0.98
"""Share of values that must fit a type for it to be proposed with a tolerance."""

_CODE_WORDS = {
    "cod", "codigo", "id", "no", "num", "numero", "correlativo", "expediente", "clave", "nit", "dpi", "cui",
    "sac", "partida", "cuenta", "telefono", "tel", "celular", "identificador", "licencia", "serie",
}  # fmt: skip


@dataclass(frozen=True)
class Type:
    """Type, format, tolerance of a field, digits after the point of a number, and what was seen."""

    type: str = "string"
    format: str | None = None
    tolerance: float = 0.0
    scale: int = 2
    code: bool = False
    said: tuple[str, ...] = ()


def type_of(facts: Facts, words: Sequence[str]) -> Type:
    """The type that all values fit; with a tolerance the one that nearly all do; else text.

    Numbers that begin with zeros, and whole numbers whose column is named as a code, stay text.
    """
    if not facts.present:
        return Type(said=("always empty",))
    named_code = bool(_CODE_WORDS.intersection(words))
    if facts.all("integer_plain") and (facts.zeros or named_code or facts.longest > 15):
        zeros = (
            (f"{told(facts.zeros)} values begin with a zero: a code, so it stays text",)
            if facts.zeros
            else ()
        )
        return Type(code=True, said=zeros or ("named as a code, so it stays text",))
    if facts.all("boolean_sino") and not facts.fits["integer_plain"] and 2 <= facts.distinct <= 4:
        return Type("boolean")
    fitting = [macro for macro in FITS if macro != "boolean_sino" and facts.all(macro)]
    if dates := _dates(facts, fitting, words):
        return dates
    plain = [macro for macro in fitting if not macro.startswith("date")]
    if plain:
        kind, form = FITS[plain[0]]
        return Type(kind, form, scale=_scale(facts, kind))
    if (
        all(set(form) <= set("9A-./ ") for form in facts.forms)
        and facts.forms
        and "9" in "".join(facts.forms)
    ):
        return Type(code=True)
    return _near(facts, words) or Type()


def _dates(facts: Facts, fitting: Sequence[str], words: Sequence[str]) -> Type | None:
    found = [macro for macro in fitting if macro.startswith("date")]
    if "date_dmy" in found and "date_mdy" in found:
        return Type("date", OPEN, said=("dmy or mdy? every value fits both: ask the institution",))
    serial = "date_excel" in found and "fecha" in words and (facts.low or 0) > 20_000
    found = [macro for macro in found if macro != "date_excel" and not facts.all("integer_plain")]
    if serial:
        return Type("date", "excel", said=("serial numbers of a workbook",))
    if not found:
        return None
    kind, form = FITS[found[0]]
    return Type(kind, form)


def _near(facts: Facts, words: Sequence[str]) -> Type | None:
    """A type that nearly all values fit, and how many do not."""
    macro = max(
        (name for name in FITS if name not in ("boolean_sino", "date_excel", "integer_workbook")),
        key=lambda name: facts.fits.get(name, 0),
    )
    left = facts.present - facts.fits.get(macro, 0)
    if facts.present < 50 or left > (1 - NEAR) * facts.present or _CODE_WORDS.intersection(words):
        return None
    kind, form = FITS[macro]
    tolerance = math.ceil(1000 * left / facts.present) / 1000
    return Type(
        kind,
        form,
        tolerance=tolerance,
        scale=_scale(facts, kind),
        said=(f"{told(left)} values are no {kind} and would become empty: see what they are",),
    )


def _scale(facts: Facts, kind: str) -> int:
    return min(max(facts.scale, 2), 18) if kind == "number" else 2


def pattern_of(facts: Facts) -> str | None:
    """A regular expression of the forms of a code, when they are few and plain: ^\\d{2}-\\d{4}$."""
    if not facts.forms or any(not set(form) <= set("9A-./") for form in facts.forms):
        return None
    if any("9" not in form for form in facts.forms) or facts.longest > 40:
        return None
    ways = sorted({_expression(form) for form in facts.forms}, key=lambda way: (len(way), way))
    return f"^{ways[0]}$" if len(ways) == 1 else f"^({'|'.join(ways)})$"


def _expression(form: str) -> str:
    def said(run: re.Match[str]) -> str:
        letter, count = run[0][0], len(run[0])
        one = {"9": r"\d", "A": "[A-ZÑ]"}.get(letter) or f"[{letter}]"
        return one if count == 1 else f"{one}{{{count}}}"

    return re.sub(r"9+|A+|-+|\.+|/+", said, form).replace("[-]", "-").replace("[/]", "/")
