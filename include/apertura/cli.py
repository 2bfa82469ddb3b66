"""The command line for maintainers: everything the DAGs do, without Airflow.

Exit codes: 0 done or unchanged; 1 the data or its source (an operator can act); 2 the contract, settings or
the call (a maintainer must act); 3 try again later (lease, network); 70 a fault of ours.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Column, Table

from apertura import __version__
from apertura.cli_portal import after_release, catalogue_command, withdraw_command
from apertura.contract import Dataset, Project
from apertura.contract.check import check as check_dataset
from apertura.contract.schema import contract_schema, corrections_schema
from apertura.errors import AperturaError, ContractError, SourceError, unforeseen
from apertura.screen import EXIT_MAINTAINER, as_json_option, err, exit_code, no_portal_option, out, print_json
from apertura.settings import Settings


class _Commands(click.Group):
    """Turns our errors into a message and an exit code, with no traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except AperturaError as error:
            failure = error
        except Exception as error:
            failure = unforeseen(error)
        err.print(f"[red]✗[/] {escape(str(failure))}")
        ctx.exit(exit_code(failure))
        return None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="apertura")
def main() -> None:
    """Apertura: from raw institutional extract to trustworthy release."""


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@as_json_option
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check contracts: FILES, or all of the project. Exit 0 when all may run."""
    settings = Settings.from_env()
    paths = list(files) or Project(settings.home).contract_paths()
    problems: list[dict[str, Any]] = []
    for path in paths:
        problems += _check_file(settings, path)
    blocking = [problem for problem in problems if problem["blocks"]]
    if as_json:
        print_json({"checked": len(paths), "problems": problems})
    else:
        for problem in problems:
            mark = "[red]✗[/]" if problem["blocks"] else "[yellow]![/]"
            out.print(f"{mark} {escape(problem['message'])}")
        out.print(f"{len(paths)} contracts checked, {len(blocking)} problems")
    if blocking:
        sys.exit(EXIT_MAINTAINER)


def _check_file(settings: Settings, path: Path) -> list[dict[str, Any]]:
    from apertura.contract import load_contract
    from apertura.quality import check_suite

    try:
        contract = load_contract(path)
        project = Project(settings.home)
        dataset = Dataset(contract, project.institution(contract.institution), settings.home, path)
        if path.stem != contract.name:
            raise ContractError(f"{path}: name: must be the file's name; found {contract.name!r}")
        check_suite(dataset)
    except ContractError as error:
        return [{"message": line, "blocks": True} for line in error.message.splitlines()]
    today = dt.datetime.now(dt.UTC).date()
    return [
        {"message": f"{path}: {finding.place}: {finding.message}", "blocks": finding.blocks}
        for finding in check_dataset(dataset, today)
    ]


@main.command("schema")
@click.option("--corrections", is_flag=True, help="Of a file of corrections instead of a contract.")
@click.option("--write", type=click.Path(path_type=Path), help="Write to this file instead of the screen.")
def schema_command(corrections: bool, write: Path | None) -> None:
    """The JSON Schema of contracts, or of corrections, for editors."""
    text = corrections_schema() if corrections else contract_schema()
    if write is None:
        click.echo(text, nl=False)
    else:
        write.write_text(text, encoding="utf-8")


@main.command("draft")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option("--institution", help="The institution's short name; left open without it.")
@click.option("--name", help="The dataset's short name; left open without it.")
@click.option("--sheet", type=int, help="A workbook's sheet by its position; else the one with most rows.")
@click.option("--write", type=click.Path(path_type=Path), help="Write to this file instead of the screen.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@as_json_option
def draft_command(
    files: tuple[Path, ...],
    institution: str | None,
    name: str | None,
    sheet: int | None,
    write: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Draft a contract from FILEs of one layout; what only a person can decide is left open."""
    from apertura.draft import draft
    from apertura.draft.shown import put, refuse_existing, table

    if write is not None and not force:
        refuse_existing(write)
    made = draft(files, Settings.from_env(), institution=institution, name=name, sheet=sheet)
    if write is not None:
        put(write, made.text, force=force)
    if as_json:
        print_json(made.to_json())
        return
    if write is None:
        click.echo(made.text, nl=False)
    screen = out if write is not None else err
    screen.print(table(made))
    for note in made.notes:
        screen.print(f"[dim]{escape(note)}[/]")
    screen.print(f"{made.open} decisions are left open; `apertura check` names each with its line")


@main.command("vocabulary")
@click.option("--write", type=click.Path(path_type=Path), help="Write to this file instead of the screen.")
def vocabulary_command(write: Path | None) -> None:
    """The words of sql/clean that a contract may use, with examples."""
    from apertura.prepare.vocabulary import as_page

    page = as_page((Settings.from_env().home / "sql" / "clean").glob("*.sql"))
    if write is None:
        click.echo(page, nl=False)
    else:
        write.write_text(page, encoding="utf-8")


@main.command()
@click.argument("dataset_id", metavar="INSTITUTION/DATASET")
@click.option("--partition", "partitions", multiple=True, help="Only this partition; may be repeated.")
@click.option(
    "--extract",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read this local file instead of the source; may be repeated.",
)
@click.option("--contract", "contract_file", type=click.Path(path_type=Path), help="Try another contract.")
@click.option("--public", "public_url", help="Publish into this bucket (URL).")
@click.option("--private", "private_url", help="Keep extracts, work and state in this bucket (URL).")
@click.option("--run-id", help="Go on with a run that was interrupted.")
@click.option("--force", is_flag=True, help="Every partition, also those that are good.")
@click.option("--accept-fewer-rows", is_flag=True, help="A person has looked: the fall in rows is right.")
@no_portal_option
@as_json_option
def run(
    dataset_id: str,
    partitions: tuple[str, ...],
    files: tuple[Path, ...],
    contract_file: Path | None,
    public_url: str | None,
    private_url: str | None,
    run_id: str | None,
    force: bool,
    accept_fewer_rows: bool,
    no_portal: bool,
    as_json: bool,
) -> None:
    """Run all stages of a dataset, from extract to release; a new release rebuilds the portal."""
    from dataclasses import replace

    from apertura import pipeline
    from apertura.runs.context import StageResult
    from apertura.sources.endpoint import Endpoint

    settings = Settings.from_env()
    if public_url:
        settings = replace(settings, public_url=public_url)
    if private_url:
        settings = replace(settings, private_url=private_url)
    started = dt.datetime.now(dt.UTC)
    ctx = pipeline.context(
        dataset_id,
        run_id or f"cli-{started:%Y%m%dT%H%M%S}-{started.microsecond:06d}",
        settings=settings,
        contract_file=contract_file,
    )
    connection = getattr(ctx.dataset.contract.source, "connection", None)
    endpoint = Endpoint.from_env(connection) if connection and not files else None
    results: list[StageResult] = []

    def progress(stage: str, partition: str, result: StageResult | None) -> None:
        if result is None:
            if not as_json and out.is_terminal:
                err.print(f"[dim]… {stage} {partition if partition != '_' else ''}[/]", end="\r")
            return
        results.append(result)
        if not as_json:
            counts = ", ".join(f"{name} {count:,}" for name, count in result.counts.items())
            out.print(
                f"[green]✓[/] {stage:<11} {'' if partition == '_' else partition + ' '}{escape(counts)}"
            )
            for note in result.notes:
                out.print(f"  [dim]{escape(note)}[/]")

    try:
        result = pipeline.run(
            ctx,
            endpoint,
            partitions=list(partitions) or None,
            files=list(files) or None,
            force=force,
            accept_fewer_rows=accept_fewer_rows,
            progress=progress,
        )
    except AperturaError as error:
        # A failed partition does not hold back the others: they may be a release.
        if any(item.stage == "publish" and item.outcome == "done" for item in results) and not no_portal:
            after_release(settings, quiet=True)
        if not as_json:
            raise
        print_json(
            {
                "error": type(error).__name__,
                "message": error.message,
                "hint": error.hint,
                "stages": [item.to_json() for item in results],
            }
        )
        sys.exit(exit_code(error))
    if not as_json:
        out.print(f"{dataset_id}: {result.outcome}, version {result.version}")
    portal, unbuilt = None, None
    if result.outcome == "done" and not no_portal:
        portal, unbuilt = after_release(settings, quiet=as_json)
    if as_json:
        print_json({"run": ctx.run_id, "stages": [item.to_json() for item in results], "portal": portal})
    if unbuilt is not None:
        sys.exit(exit_code(unbuilt))


@main.command("list")
@as_json_option
def list_command(as_json: bool) -> None:
    """All datasets of the project and their last release."""
    from apertura.publish import latest_release
    from apertura.storage import open_bucket

    settings = Settings.from_env()
    public = open_bucket(settings.public_url)
    rows = [(name, latest_release(public, name)) for name in Project(settings.home).dataset_ids()]
    if as_json:
        print_json(dict(rows))
        return
    table = Table(Column("dataset", no_wrap=True), "last version", Column("rows", justify="right"))
    for name, latest in rows:
        count = f"{sum(latest['rows'].values()):,}" if latest else ""
        table.add_row(name, latest["version"] if latest else "never published", count)
    out.print(table)


@main.command()
@click.argument("dataset_id", metavar="INSTITUTION/DATASET")
@as_json_option
def show(dataset_id: str, as_json: bool) -> None:
    """What a dataset's contract declares: columns, classification, treatment."""
    dataset = Project(Settings.from_env().home).dataset(dataset_id)
    if as_json:
        print_json(dataset.contract.model_dump(mode="json", exclude_none=True))
        return
    contract = dataset.contract
    out.print(f"[bold]{escape(contract.title)}[/]  ({contract.id}, schema {contract.schemaVersion})")
    out.print(escape(contract.description))
    out.print(
        f"source: {contract.source.kind}, {contract.accrualPeriodicity}; landing page {contract.landingPage}"
    )
    for resource in contract.resources:
        table = Table(
            "column", "from the source", "type", "access", "personal", "treatment", title=resource.name
        )
        for field in resource.fields:
            origin = field.source if isinstance(field.source, str) else ""
            if field.derive:
                origin = f"{field.derive.macro}({', '.join(field.derive.of)})"
            elif isinstance(field.source, dict):
                origin = " / ".join(field.source.values())
            style = "" if field.published else "dim"
            table.add_row(
                field.name,
                escape(repr(origin)),
                field.type,
                field.access,
                field.personal,
                field.treatment,
                style=style,
            )
        out.print(table)


@main.command()
@click.argument("dataset_ids", nargs=-1, metavar="[INSTITUTION/DATASET]…")
@as_json_option
def status(dataset_ids: tuple[str, ...], as_json: bool) -> None:
    """Last release, age against frequency, last failure and the next command, per dataset."""
    from apertura.status import dataset_status

    settings = Settings.from_env()
    names = list(dataset_ids) or Project(settings.home).dataset_ids()
    states = [dataset_status(settings, name) for name in names]
    if as_json:
        print_json(states)
        return
    table = Table(
        Column("dataset", no_wrap=True), Column("last version", no_wrap=True), "age", "state", "next command"
    )
    for state in states:
        style = "red" if state["failure"] else ("yellow" if state["late_days"] else "")
        told = state["failure"] or (
            f"late by {state['late_days']} days" if state["late_days"] else state["state"]
        )
        age = "" if state["age_days"] is None else f"{state['age_days']} d"
        table.add_row(
            state["dataset"],
            state["version"] or "never published",
            age,
            escape(told),
            state["next"] or "",
            style=style,
        )
    out.print(table)


@main.command()
@click.argument("dataset_id", metavar="INSTITUTION/DATASET")
@click.option("--partition", default="_")
def peek(dataset_id: str, partition: str) -> None:
    """Show the header of the last extract, on this screen only: it may hold a person's data."""
    from apertura import pipeline
    from apertura.readers import header
    from apertura.sources.kept import extract_key, load_state

    ctx = pipeline.context(dataset_id, "peek")
    state = load_state(ctx, partition)
    if state is None:
        raise SourceError(
            f"{dataset_id}: nothing was taken for partition {partition} yet",
            hint=f"apertura run {dataset_id}, or name another --partition",
        )
    err.print("[yellow]A source's header may hold data of persons; do not copy it into tickets or chats.[/]")
    with ctx.private.as_file(extract_key(ctx, state.pieces[0].sha256)) as path:
        names = header(ctx.dataset.contract.reader, path, where=dataset_id)
    for position, name in enumerate(names, start=1):
        click.echo(f"{position:>4}  {name!r}")


@main.command("tidy")
@click.argument("institutions", nargs=-1)
@as_json_option
def tidy_command(institutions: tuple[str, ...], as_json: bool) -> None:
    """Remove what retention allows, unfinished releases, and what killed runs left on this machine."""
    from apertura.maintenance import maintain

    settings = Settings.from_env()
    removed = {
        name: maintain(settings, name) for name in institutions or Project(settings.home).institution_names()
    }
    if as_json:
        print_json(removed)
        return
    for name, counts in removed.items():
        passed_over = counts.pop("passed_over")
        told = ", ".join(f"{count} {what}" for what, count in counts.items())
        out.print(f"{name}: removed {told}")
        if passed_over:
            out.print(f"{name}: {passed_over} datasets passed over: at work, or their contract is wrong")


main.add_command(catalogue_command)
main.add_command(withdraw_command)


@main.group()
def key() -> None:
    """The master key: every dataset with personal columns needs it."""


@key.command("create")
@click.argument("path", type=click.Path(path_type=Path))
def key_create(path: Path) -> None:
    """Create a key file (mode 0600) that does not exist yet."""
    from apertura.prepare.keys import create_key

    create_key(path)
    out.print(f"key created in {escape(str(path))}; keep a copy in a safe place and set APERTURA_KEY_FILE")


if __name__ == "__main__":
    main()
