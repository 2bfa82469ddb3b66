"""What was told of people and would be forgotten: versions that nothing of today is held against any more.

A version that was protected left a signature (`across.remember`). Where its contract lost its `privacy`, its
name, or is gone from the project, no attack looks at it, and all of them would seem to fail.
"""

from __future__ import annotations

from apertura.contract import Project
from apertura.errors import PrivacyError
from apertura.runs.context import Context

_FOLDER = "disclosure"


def refuse(ctx: Context) -> None:
    """PrivacyError when this dataset, or one that it may be or is linked with, has told of people and nothing
    looks at it."""
    contract = ctx.dataset.contract
    signed = _signed(ctx, contract.institution)
    if contract.privacy is None:
        if contract.id in signed:
            raise PrivacyError(
                f"{contract.id}: versions of it are protected and its contract has no `privacy` any more: "
                "what they hid would follow from what is published now",
                hint="put the model back: removing it takes nothing back of what was told",
            )
        return
    # One that is new may be an old one with another name; links tell of other datasets, whatever their names.
    if contract.id in signed and not contract.privacy.links:
        return
    lost = sorted(signed - {contract.id, *Project(ctx.settings.home).dataset_ids(contract.institution)})
    if lost:
        raise PrivacyError(
            f"{contract.id}: {', '.join(lost)} told of people and has no contract any more, so nothing can "
            "be held against it",
            hint=f"put its contract back; if it is {contract.name} now, move its folder of {_FOLDER}/ in the "
            "private bucket to the new name, and keep the names of tables and columns",
        )


def _signed(ctx: Context, institution: str) -> set[str]:
    """Datasets of the institution of which a version left a signature."""
    return {"/".join(stat.key.split("/")[1:3]) for stat in ctx.private.list(f"{_FOLDER}/{institution}/")}
