"""What every command shares: the two screens, JSON, and what an exit code means."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich.console import Console

from apertura.errors import AperturaError, ContractError, EngineError, SettingsError

EXIT_OPERATOR, EXIT_MAINTAINER, EXIT_LATER, EXIT_FAULT = 1, 2, 3, 70

# Into a file or a pipe nothing is cut or wrapped at eighty columns.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 160, soft_wrap=True)

as_json_option = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
no_portal_option = click.option("--no-portal", is_flag=True, help="Do not rebuild the portal afterwards.")


def exit_code(error: AperturaError) -> int:
    """The process's answer to an error: 1 operator, 2 maintainer, 3 later, 70 a fault of ours."""
    if error.retryable:
        return EXIT_LATER
    if isinstance(error, ContractError | SettingsError):
        return EXIT_MAINTAINER
    return EXIT_FAULT if isinstance(error, EngineError) else EXIT_OPERATOR


def print_json(value: Any) -> None:
    """A JSON document on the standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True))
