"""docs/deploy.md: what a reader is told to type is typed here, as far as it needs no docker engine."""

from __future__ import annotations

import base64
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from deploy_scene import HOME, SECRETS, dotenv

from apertura.cli import main as apertura
from apertura.prepare.keys import MasterKey
from apertura.settings import Settings

DOC = HOME / "docs/deploy.md"


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    """The shell blocks, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", DOC.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_every_block_is_shell(blocks: list[str]) -> None:
    assert len(blocks) >= 9
    for block in blocks:
        # <…> stands for what the reader fills in.
        filled = re.sub(r"<[^<>\n]+>", "filled", block)
        done = subprocess.run(["bash", "-n"], input=filled, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_step_two_makes_every_secret_and_no_two_alike(
    blocks: list[str], compose: Callable[..., Any], tmp_path: Path
) -> None:
    (block,) = [block for block in blocks if "cp .env.example .env" in block]
    made = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(HOME / ".env.example", folder)
        subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, check=True)
        assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
        made.append(dotenv(folder / ".env"))
    secrets = [environ[name] for environ in made for name in SECRETS]
    assert len(set(secrets)) == 2 * len(SECRETS)
    for environ in made:
        assert Fernet(environ["FERNET_KEY"].encode())
        for name in set(SECRETS) - {"FERNET_KEY"}:
            assert re.fullmatch(r"[0-9a-f]{48}", environ[name]), "it becomes part of a URL as it is"
        services = compose(environ)["services"]
        assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == environ["POSTGRES_PASSWORD"]
        assert set(environ["COMPOSE_PROFILES"].split(",")) <= {
            profile for service in services.values() for profile in service.get("profiles", [])
        }


def test_step_three_makes_a_key_that_the_library_takes(
    blocks: list[str], settings: Settings, tmp_path: Path
) -> None:
    (block,) = [block for block in blocks if "secrets/apertura.key" in block]
    lines = [line for line in block.splitlines() if not line.startswith(("docker", "sudo chown"))]
    script = "\n".join(lines).replace("sudo ", "")
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, check=True)
    key = tmp_path / "secrets/apertura.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o400
    assert len(base64.b64decode(key.read_bytes())) == 32
    read = Settings.from_env({"APERTURA_KEY_FILE": str(key), "APERTURA_HOME": str(settings.home)})
    assert re.fullmatch(r"[0-9a-f]{16}", MasterKey.load(read).id)


def test_every_apertura_command_is_one(blocks: list[str]) -> None:
    text = DOC.read_text(encoding="utf-8")
    commands = re.findall(r"\bapertura (check|status|list|run|key create|show)\b", text)
    assert {"status", "list", "run", "key create"} <= set(commands)
    for command in commands:
        done = CliRunner().invoke(apertura, [*command.split(), "--help"])
        assert done.exit_code == 0, done.output


def test_every_service_variable_and_file_that_it_names_is_there(services: dict[str, Any], text: str) -> None:
    told = DOC.read_text(encoding="utf-8")
    for line in re.findall(r"docker compose (?:exec(?: -T)?|stop|logs|up -d --scale) ([a-z][\w= -]*)", told):
        named = [word for word in re.split(r"[ =]", line) if word in services]
        assert named, line
    words = set(re.findall(r"`([A-Z][A-Z0-9_]{4,})`", told))
    known = set(re.findall(r"\$\{(\w+)", text)) | set(dotenv(HOME / ".env.example")) | {"AIRFLOW_CONN_"}
    assert words <= known, words - known
    for link in re.findall(r"\]\((?!http)([^)#]+)", told):
        assert (DOC.parent / link).exists(), link


def test_it_says_what_was_not_checked() -> None:
    told = " ".join(DOC.read_text(encoding="utf-8").split())
    assert "**not started on a Docker engine there**" in told


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_step_that_prepares_airflow_may_run_at_every_start(
    services: dict[str, Any], tmp_path: Path
) -> None:
    """airflow-init's own script, with the environment Compose gives it, on SQLite; twice."""
    service = services["airflow-init"]
    environ = {
        **service["environment"],
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(HOME / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "APERTURA_HOME": str(HOME),
        "PYTHONPATH": str(HOME / "plugins"),
    }
    said = ""
    for _ in range(2):
        done = subprocess.run(
            service["command"],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        said += done.stdout + done.stderr
    assert 'User "admin" created with role "Admin"' in said
    assert "admin already exists" in said
    assert "sentineladminpassword" not in said

    with closing(sqlite3.connect(tmp_path / "airflow.db")) as database:
        pools = dict(database.execute("SELECT pool, slots FROM slot_pool"))
        users = list(database.execute("SELECT username FROM ab_user"))
    assert pools["compute"] == 2
    assert {name for name in pools if name.startswith("apertura_")} == {
        f"apertura_{path.stem}" for path in (HOME / "include/institutions").glob("*.yaml")
    }
    assert users == [("admin",)]


def test_an_image_of_another_version_is_refused(services: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "include/apertura").mkdir(parents=True)
    done = subprocess.run(
        services["airflow-init"]["command"],
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "APERTURA_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "the image is of another version than the checkout: docker compose build"
