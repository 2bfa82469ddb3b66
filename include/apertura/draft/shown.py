"""A draft on the screen, and into a file that nobody has written yet."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.table import Column, Table

from apertura.contract.open import OPEN
from apertura.draft.make import Draft
from apertura.errors import ContractError

_EXISTS = "there is a file of that name already"
_ELSEWHERE = "name another file with --write, or say --force to write over it"


def table(made: Draft) -> Table:
    """One line a column: type, share missing, distinct values, what is proposed and why."""
    shown = Table(
        Column("#", justify="right"),
        Column("field", no_wrap=True),
        "type",
        Column("missing", justify="right"),
        Column("distinct", justify="right"),
        "proposal",
        "evidence",
        title=f"{made.rows} rows",
    )
    for one in made.columns:
        is_open = OPEN in (one["access"], one["personal"], one["treatment"])
        proposal = "to decide" if is_open else f"{one['treatment']} ({one['access']}, {one['personal']})"
        style = "yellow" if is_open else ("dim" if one["treatment"] == "drop" else "")
        shown.add_row(
            str(one["position"]),
            one["field"],
            one["type"],
            one["missing"],
            one["distinct"],
            proposal,
            escape("; ".join(one["evidence"])),
            style=style,
        )
    return shown


def refuse_existing(path: Path) -> None:
    """ContractError when something is there already: a decided contract is not lost to a draft."""
    if path.exists():
        raise ContractError(_EXISTS, hint=_ELSEWHERE)


def put(path: Path, text: str, *, force: bool) -> None:
    """Write a draft; ContractError when something is there already and `force` is not given."""
    failure = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        failure = _EXISTS
    except OSError as error:
        failure = f"the draft cannot be written there ({type(error).__name__})"
    if failure:
        raise ContractError(failure, hint=_ELSEWHERE)
