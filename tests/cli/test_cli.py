"""The command line: what it prints, its exit codes, and that an unforeseen error tells nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from apertura import cli
from apertura.errors import (
    AperturaError,
    ContractError,
    EngineError,
    LeaseBusyError,
    QualityError,
    SettingsError,
    SourceUnavailableError,
)

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("APERTURA_STATE", str(tmp_path))
    for name in ("APERTURA_PUBLIC", "APERTURA_PRIVATE", "APERTURA_KEY_FILE", "APERTURA_HOME"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli.main, list(arguments))

    return call


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (QualityError("x"), 1),
        (ContractError("x"), 2),
        (SettingsError("x"), 2),
        (LeaseBusyError("x"), 3),
        (SourceUnavailableError("x"), 3),
        (EngineError("x"), 70),
    ],
)
def test_exit_codes_are_as_documented(error: AperturaError, code: int) -> None:
    assert cli.exit_code(error) == code
    assert f"| {code} |" in (HOME / "docs/operate.md").read_text(encoding="utf-8")


def test_check_says_all_is_well(invoke) -> None:  # type: ignore[no-untyped-def]
    result = invoke("check")
    assert (result.exit_code, "0 problems" in result.output) == (0, True)


def test_check_of_a_broken_file(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "x.yaml"
    path.write_text("apertura: 1\n", encoding="utf-8")
    result = invoke("check", str(path), "--json")
    assert result.exit_code == 2
    found = json.loads(result.output)
    assert found["checked"] == 1
    assert any("institution" in problem["message"] for problem in found["problems"])


def test_list_show_status_before_anything_ran(invoke) -> None:  # type: ignore[no-untyped-def]
    assert "never published" in invoke("list").output
    assert json.loads(invoke("list", "--json").output)["sat/importacion-vehiculos"] is None
    assert "generalize" in invoke("show", "oj/sentencias").output
    assert json.loads(invoke("show", "oj/sentencias", "--json").output)["name"] == "sentencias"
    assert "apertura run oj/sentencias" in invoke("status").output
    assert invoke("peek", "oj/sentencias").exit_code == 1
    assert invoke("tidy").exit_code == 0


def test_buckets_that_overlap_are_refused_by_every_command_that_writes(  # type: ignore[no-untyped-def]
    invoke, tmp_path: Path
) -> None:
    private, public = (tmp_path / "public" / "x").as_uri(), (tmp_path / "public").as_uri()
    result = invoke("run", "oj/sentencias", "--private", private, "--public", public)
    assert result.exit_code == 2
    assert "inside the other" in result.output + result.stderr
    assert not (tmp_path / "public").exists()


def test_unknown_dataset(invoke) -> None:  # type: ignore[no-untyped-def]
    result = invoke("show", "sat/nada")
    assert result.exit_code == 2


def test_run_without_a_connection_says_which(invoke) -> None:  # type: ignore[no-untyped-def]
    result = invoke("run", "sat/importacion-vehiculos")
    assert result.exit_code == 2


def test_key_is_created_once_and_for_us_alone(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "key"
    assert invoke("key", "create", str(path)).exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    assert invoke("key", "create", str(path)).exit_code == 2
    assert path.read_bytes() == before


def test_an_unforeseen_error_quotes_nothing(invoke, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    def fail(*_: object) -> None:
        raise ValueError("María Pérez 1234 56789 0101")

    monkeypatch.setattr(cli, "contract_schema", fail)
    result = invoke("schema")
    assert result.exit_code == 70
    assert "María" not in result.output
    assert "ValueError" in result.output or "ValueError" in (result.stderr or "")


def test_every_command_is_documented() -> None:
    pages = "".join(
        path.read_text(encoding="utf-8") for path in [*HOME.glob("docs/*.md"), HOME / "README.md"]
    )
    for name in cli.main.commands:
        assert f"apertura {name}" in pages, name
