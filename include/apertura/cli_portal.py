"""The commands around what is public: build catalogue and portal, withdraw a release."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from apertura.errors import AperturaError, SettingsError, StorageError
from apertura.screen import EXIT_OPERATOR, as_json_option, err, exit_code, no_portal_option, out, print_json
from apertura.settings import Settings

if TYPE_CHECKING:
    from apertura.portal.build import BuildResult
    from apertura.publish.withdraw import Withdrawal

WAIT_SECONDS = 600.0
"""How long a command waits for another build of the portal: that one may have begun before our change."""

LEFT = (
    "its rows, files and pages are gone, but lists, feeds, search and catalogue may still name it until the "
    "portal is built: `apertura catalogue`"
)
"""What is to be done when something was withdrawn and no build of the portal ended since."""


def rebuild(
    settings: Settings, *, force: bool = False, quiet: bool = False, wait: float = WAIT_SECONDS
) -> BuildResult:
    """Build the portal, with progress on a terminal."""
    from apertura import pipeline
    from apertura.portal.build import build

    def progress(what: str, done: int, of: int) -> None:
        if not quiet and out.is_terminal:
            err.print(f"[dim]… portal: {what} {f'{done}/{of}' if of > 1 else ''}   [/]", end="\r")

    return build(settings, clock=pipeline.clock(), force=force, wait=wait, progress=progress)


def told(result: BuildResult, settings: Settings) -> str:
    """A line on what a build did."""
    return (
        f"portal: {result.datasets} datasets, {len(result.made)} of them made again; "
        f"{result.written} objects written, {result.removed} removed in {result.seconds:.1f} s; "
        f"{settings.base_url}"
    )


def after_release(
    settings: Settings, *, quiet: bool, wait: float = WAIT_SECONDS
) -> tuple[dict[str, Any] | None, AperturaError | None]:
    """Rebuild after a release or a withdrawal: what was built, or why it was not (said on the screen, too).

    The release stands all the same, so the caller first tells its own result. A project without templates has
    no portal.
    """
    from apertura.portal.build import has_portal

    if not has_portal(settings):
        return None, None
    try:
        result = rebuild(settings, quiet=quiet, wait=wait)
        result.check()
    except AperturaError as error:
        err.print(f"[red]✗[/] portal: {escape(str(error))}")
        return {"error": type(error).__name__, "message": error.message, "hint": error.hint}, error
    if not quiet:
        out.print(told(result, settings))
    return asdict(result), None


@click.command("catalogue")
@click.option("--force", is_flag=True, help="Make every page again, also of datasets that did not change.")
@as_json_option
def catalogue_command(force: bool, as_json: bool) -> None:
    """Build catalogue and portal from what is published; only what differs is written.

    Exit 1 when a dataset is damaged: the others are built, and the message says which is not.
    """
    settings = Settings.from_env()
    result = rebuild(settings, force=force, quiet=as_json)
    if as_json:
        print_json(asdict(result))
    else:
        out.print(told(result, settings))
        for note in result.notes:
            out.print(f"  [dim]{escape(note)}[/]")
    if result.problems:
        for name, what in sorted(result.problems.items()):
            err.print(f"[red]✗[/] {escape(name)}: {escape(what)}")
        sys.exit(EXIT_OPERATOR)


@click.command("withdraw")
@click.argument("dataset_id", metavar="[INSTITUTION/DATASET]", required=False)
@click.option("--version", "version", help="Only this version; without it all of the dataset.")
@click.option("--key-id", help="Everything with pseudonyms made under this key (`clave` of privacidad.json).")
@click.option("--reason", required=True, help="Why, in Spanish: everybody reads it. It may name no person.")
@click.option("--by", help="Who decides; kept in the private run records. Else the account's name.")
@click.option("--yes", is_flag=True, help="Do not ask: a withdrawal cannot be undone.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=WAIT_SECONDS,
    show_default=True,
    help="Seconds to wait for another build of the portal to end.",
)
@no_portal_option
@as_json_option
def withdraw_command(
    dataset_id: str | None,
    version: str | None,
    key_id: str | None,
    reason: str,
    by: str | None,
    yes: bool,
    wait: float,
    no_portal: bool,
    as_json: bool,
) -> None:
    """Take back what was published: every copy goes, a tombstone says why, no re-run brings it back.

    Then the portal is built, so that lists, feeds, search and catalogue name it no more. When that fails, no
    row is readable all the same, what is left to do is said, and the exit code is not 0.
    """
    settings = Settings.from_env()
    wanted, unknown = _wanted(settings, dataset_id, version, key_id)
    if sys.stdin.isatty() and not yes:
        names = ", ".join(f"{one} ({', '.join(sorted(which or ['all versions']))})" for one, which in wanted)
        click.confirm(f"Withdraw {names}? This cannot be undone.", abort=True)
    done, failed = _withdrawn(settings, wanted, reason, by or _account())
    if not as_json:
        for one in done:
            what = f"{len(one.versions)} versions withdrawn" if one.versions else "was withdrawn already"
            out.print(f"[green]✓[/] {one.dataset}: {what}, {one.objects} objects removed")
    if unknown:  # told before the portal, which may fail by the very same damage
        names = ", ".join(f"{one} {which}" for one, which in unknown)
        failed.append(
            StorageError(
                f"privacidad.json of these versions cannot be read, so nobody knows their key: {names}",
                hint="withdraw them by name, too",
            )
        )
        err.print(f"[red]✗[/] {escape(str(failed[-1]))}")
    portal, unbuilt = (None, None) if no_portal else after_release(settings, quiet=as_json, wait=wait)
    left = LEFT if still_named(settings) else None
    if left:
        err.print(f"[yellow]![/] {left}")
    if as_json:
        print_json({"withdrawn": [one.to_json() for one in done], "portal": portal, "left": left})
    if failed:
        raise failed[0]
    if unbuilt is not None:
        sys.exit(exit_code(unbuilt))


def still_named(settings: Settings) -> bool:
    """Whether lists, feeds, search or catalogue may name what was withdrawn: no build ended since."""
    from apertura.portal.memory import Memory
    from apertura.publish.history import withdrawals
    from apertura.storage import open_buckets

    private, public = open_buckets(settings)
    return public.stat("index.html") is not None and not withdrawals(public) <= Memory.load(private).withdrawn


def _withdrawn(
    settings: Settings, wanted: Sequence[tuple[str, set[str] | None]], reason: str, by: str
) -> tuple[list[Withdrawal], list[AperturaError]]:
    """Each of them, also when one before it failed: a leaked key must not stay with the others."""
    from apertura import pipeline
    from apertura.publish.withdraw import checked_reason, withdraw

    reason = checked_reason(settings, reason)
    done: list[Withdrawal] = []
    failed: list[AperturaError] = []
    for one, which in wanted:
        try:
            done.append(withdraw(settings, one, reason, by=by, version=which, clock=pipeline.clock()))
        except SettingsError:  # a name that is refused: nothing was done
            raise
        except AperturaError as error:
            failed.append(error)
            err.print(f"[red]✗[/] {escape(one)}: {escape(error.message)}")
    return done, failed


def _wanted(
    settings: Settings, dataset_id: str | None, version: str | None, key_id: str | None
) -> tuple[list[tuple[str, set[str] | None]], list[tuple[str, str]]]:
    """What is to be withdrawn, and what cannot be told to be so."""
    from apertura.publish.withdraw import under_key
    from apertura.storage import open_buckets

    if (dataset_id is None) == (key_id is None) or (key_id is not None and version is not None):
        raise SettingsError(
            "a withdrawal is of one dataset, or of all that was made under one key",
            hint="apertura withdraw <institution/dataset> [--version V], or apertura withdraw --key-id K",
        )
    if key_id is None:
        return [(str(dataset_id), None if version is None else {version})], []
    found, unknown = under_key(open_buckets(settings)[1], key_id)
    if not found and not unknown:
        raise SettingsError(
            "nothing that stands was made under this key", hint="see `clave` of privacidad.json"
        )
    return sorted(found.items()), unknown


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return "unknown account"
