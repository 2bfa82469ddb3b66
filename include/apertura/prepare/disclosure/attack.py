"""One attack on what would be published: who tried what, and how it ended, in words for the certificate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from apertura.errors import PrivacyError
from apertura.quality.counts import STEP, THRESHOLD

ATTEMPTS = "attempts"
"""Those with what was to be a version and never became one: the certificate must not name where it lies."""
SUPPOSED = "subtraction-totals"
"""The attack by somebody for whom the contract's assumption on totals does not hold: told, never refused."""


@dataclass(frozen=True)
class Attack:
    """What was tried and how it ended. Holds names of columns and counts, never a value.

    `tried` and `succeeded` are exact and for the private bucket; `result_es` rounds. `passed` means that
    the attack failed, as it should. `remedy` tells the operator what to do when it did not; `accepted`, that
    a person answers for it in the contract (`privacy.accepted`).
    """

    name: str
    title_es: str
    knows_es: str
    resources: tuple[str, ...]
    tried: int
    succeeded: int
    result_es: str
    smallest_candidates: int | None = None
    passed: bool = True
    remedy: str = ""
    accepted: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, for protect.json."""
        return {**asdict(self), "resources": list(self.resources)}


def about(count: int) -> str:
    """A count of people as it may be told: `<5`, or the nearest multiple of 5."""
    if 0 < count < THRESHOLD:
        return f"menos de {THRESHOLD}"
    return f"{(count + STEP // 2) // STEP * STEP:,}"


def outcome(tried: int, succeeded: int, smallest: int | None, what: str) -> str:
    """The result in Spanish: `what` names what was tried in the plural (registros, celdas …)."""
    if tried == 0:
        return "No había nada que atacar."
    of = f"unos {about(tried)}" if tried >= THRESHOLD else about(tried)
    if succeeded:
        return f"El ataque tuvo éxito en {about(succeeded)} de {of} {what}."
    least = f" El grupo más pequeño de candidatos tiene {smallest}." if smallest is not None else ""
    if tried < THRESHOLD:
        return f"Se atacaron {of} {what}, sin éxito.{least}"
    return f"El ataque no tuvo éxito en ninguno de {of} {what}.{least}"


def refuse_successful(attacks: Iterable[Attack], where: str) -> None:
    """PrivacyError that names every attack that succeeded; `where` is the dataset's id and stage."""
    won = [one for one in attacks if not one.passed and not one.accepted]
    if not won:
        return
    told = "; ".join(f"{one.name} on {', '.join(one.resources)}" for one in won)
    remedies = dict.fromkeys(one.remedy for one in won if one.remedy)
    raise PrivacyError(
        f"{where}: {len(won)} attacks on what would be published succeed: {told}",
        hint="; ".join(remedies) or "raise k, generalise further or publish less, then clear protect",
    )
