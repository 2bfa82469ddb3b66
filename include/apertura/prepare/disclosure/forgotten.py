"""What was told of people and would be forgotten: versions that nothing of today is held against any more.

A version that was protected left a signature (`across.remember`). Where its contract lost its `privacy`, its
name, or is gone from the project, no attack looks at it, and all of them would seem to fail. So would those
that go by a link between two datasets (`neighbours`) when one of both contracts leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator

from apertura.contract import Project
from apertura.contract.linked import Told, told_by
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import across, signed
from apertura.runs.context import Context


def refuse(ctx: Context) -> None:
    """PrivacyError when this dataset, or one that it may be or is linked with, has told of people and nothing
    looks at it, or not by every link that it was signed with.

    StorageError when what was noted of links cannot be read.
    """
    contract = ctx.dataset.contract
    if contract.privacy is None:
        if signed.signatures(ctx, contract.id):
            raise PrivacyError(
                f"{contract.id}: versions of it are protected and its contract has no `privacy` any more: "
                "what they hid would follow from what is published now",
                hint="put the model back: removing it takes nothing back of what was told",
            )
        return
    told = _told(ctx, contract.institution)
    # One that is new may be an old one with another name; links tell of other datasets, whatever their names.
    links = told_by(contract) | signed.links(ctx, contract.id)
    if contract.id in told and not (links or contract.privacy.links):
        return
    lost = sorted(told - {contract.id, *Project(ctx.settings.home).dataset_ids(contract.institution)})
    if lost:
        raise PrivacyError(
            f"{contract.id}: {', '.join(lost)} told of people and has no contract any more, so nothing can "
            "be held against it",
            hint=f"put its contract back; if it is {contract.name} now, move its folder of {signed.FOLDER}/ "
            "in the private bucket to the new name, and keep the names of tables and columns",
        )
    left_out = sorted(_left_out(ctx, links))
    if left_out:
        raise PrivacyError(
            f"{contract.id}: what versions tell together would not be compared any more: contracts leave "
            f"out links that versions were signed with, {'; '.join(left_out)}",
            hint="put each back, with the same `about` and column; others may stand beside it. If it was "
            "only in a version that was never released, and no file of that ever lay in the public bucket, "
            f"remove the version's folder of {signed.FOLDER}/",
        )


def _told(ctx: Context, institution: str) -> set[str]:
    """Datasets of the institution of which a version left a signature."""
    return {"/".join(key.split("/")[1:3]) for key in signed.signatures(ctx, institution)}


def _left_out(ctx: Context, mine: set[Told]) -> Iterator[str]:
    """Links that this dataset and another one of the institution have had in common, and one has no more.

    `mine`: those of this dataset, today's and signed ones.
    """
    contract, project = ctx.dataset.contract, Project(ctx.settings.home)
    abouts = {about for about, _, _ in mine}
    shared: set[str] = set()
    for dataset_id in project.dataset_ids(contract.institution) if mine else []:
        # A contract of which nothing was ever public is not read: it may be unfinished, and tells nothing.
        if dataset_id == contract.id or not across.anything_of(ctx, dataset_id):
            continue
        today = told_by(project.dataset(dataset_id).contract)
        theirs = today | signed.links(ctx, dataset_id)
        met = abouts & {about for about, _, _ in theirs}
        shared |= met
        yield from _named(dataset_id, theirs - today, met)
    yield from _named(contract.id, mine - told_by(contract), shared)


def _named(dataset_id: str, links: set[Told], abouts: set[str]) -> Iterator[str]:
    for about, table, column in links:
        if about in abouts:
            yield f"{dataset_id}: {about} ({table}.{column})"
