"""docker-compose.yaml: what it promises to an operator, checked without a docker engine."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from deploy_scene import HOME, SECRETS, MissingError, dotenv, interpolate

from apertura.contract import Project

Services = dict[str, dict[str, Any]]
OURS = "apertura:local"
ONE_SHOT = {"s3-init", "airflow-init", "demo-oj-fill"}


def test_the_compose_schema_holds() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            HOME / "docker-compose.yaml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# Secrets.


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_nothing_starts_without_each_secret(
    compose: Callable[..., Any], secrets: dict[str, str], name: str, how: str
) -> None:
    rest = {other: value for other, value in secrets.items() if other != name}
    with pytest.raises(MissingError, match=name):
        compose(rest if how == "absent" else rest | {name: ""})


@pytest.mark.parametrize("name", SECRETS)
def test_no_use_of_a_secret_has_a_default(text: str, name: str) -> None:
    uses = re.findall(rf"\$\{{?{name}\b[^}}]*\}}?", text)
    # The only other form is the shell's own variable in the container.
    assert uses
    assert all(use.startswith(f"${{{name}:?") or f"$${name}" in text for use in uses)
    assert not re.search(rf"\$\{{{name}:?-", text)


def test_every_secret_in_the_stack_came_from_outside(services: Services, secrets: dict[str, str]) -> None:
    secret_name = re.compile(r"PASSWORD|SECRET|FERNET|ACCESS_KEY|AUTH$|_CONN$|_URL$|BACKEND$")
    seen = 0
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            credentials = re.search(r"://[^/@]*:([^/@]*)@", str(value or ""))
            if credentials:
                assert credentials[1] in secrets.values(), name
                seen += 1
            elif re.search(r"PASSWORD|SECRET|FERNET|ACCESS_KEY|REDISCLI_AUTH|BASIC_AUTH", name):
                assert str(value).split(":")[-1] in secrets.values(), name
                seen += 1
            else:
                assert not (secret_name.search(name) and "sentinel" in str(value)), name
    assert seen > 20


def test_no_secret_shows_in_a_list_of_processes(services: Services) -> None:
    for service in services.values():
        shown = json.dumps([service.get("command"), service.get("healthcheck")])
        assert "sentinel" not in shown


def test_the_example_fills_in_no_secret_and_knows_every_variable(
    text: str, compose: Callable[..., Any]
) -> None:
    example = dotenv(HOME / ".env.example")
    assert {name for name, value in example.items() if not value} == set(SECRETS)
    with pytest.raises(MissingError):
        compose(example)
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert used - set(example) == {"APERTURA_TAG", "FLOWER_PORT"}
    assert set(example) - used == {"COMPOSE_PROFILES"}
    for name, default in re.findall(r"(?<!\$)\$\{(\w+):-([^}]*)\}", text):
        if name in example:
            assert example[name] == default, f"{name}: .env.example and docker-compose.yaml differ"


def test_each_service_has_no_more_secrets_than_it_needs(stack: dict[str, Any]) -> None:
    holders: dict[str, set[str]] = {}
    for name, service in stack["services"].items():
        given = json.dumps(service.get("environment", {}))
        for secret in ("sentinels3secretkey", "sentineladminpassword", "AIRFLOW_CONN_", "sentinelfernetkey"):
            if secret in given:
                holders.setdefault(secret, set()).add(name)
        assert ("secrets" in service) == (name == "airflow-worker"), "the master key is the worker's alone"
    airflow = {name for name in stack["services"] if name.startswith("airflow-")} | {"flower"}
    assert holders == {
        "sentinels3secretkey": {"s3", "s3-init", "airflow-worker"},
        "sentineladminpassword": {"airflow-init", "flower"},
        "AIRFLOW_CONN_": {"airflow-worker"},
        "sentinelfernetkey": airflow,
    }


def test_the_master_key_is_a_file_outside_of_the_repository(stack: dict[str, Any]) -> None:
    worker = stack["services"]["airflow-worker"]
    (secret,) = worker["secrets"]
    assert worker["environment"]["APERTURA_KEY_FILE"] == f"/run/secrets/{secret['target']}"
    path = stack["secrets"][secret["source"]]["file"]
    for ignored in (path, ".env"):
        done = subprocess.run(["git", "check-ignore", "-q", ignored], cwd=HOME, check=False)
        assert done.returncode == 0, f"{ignored} could be committed"


# Services.


def test_every_service_is_watched_or_runs_once(services: Services) -> None:
    waited_for = {
        name
        for service in services.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    for name, service in services.items():
        if name in ONE_SHOT:
            assert service.get("restart", "no") == "no"
            assert "healthcheck" not in service
        else:
            assert service["restart"] == "unless-stopped"
            check = service["healthcheck"]
            assert check["test"][0] in ("CMD", "CMD-SHELL")
            assert {"interval", "timeout", "retries", "start_period"} <= set(check)
            assert service["deploy"]["resources"]["limits"]["memory"]
    assert waited_for == ONE_SHOT - {"demo-oj-fill"}


def test_what_is_waited_for_can_happen(services: Services) -> None:
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            target = services[other]
            if how["condition"] == "service_healthy":
                assert "healthcheck" in target
            else:
                assert other in ONE_SHOT
            if target.get("profiles") and target["profiles"] != service.get("profiles"):
                assert how.get("required") is False, f"{name} must start without the profile of {other}"


def test_images_are_pinned(services: Services) -> None:
    for service in services.values():
        image = service["image"]
        if image == OURS:
            assert service["build"] == {"context": "."}
        else:
            assert re.fullmatch(r"[a-z./-]+:v?\d+\.\d+[\w.-]*", image), image
    lock = (HOME / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^apache-airflow==3\.3\.", lock, re.MULTILINE)


def test_ports_are_open_to_this_machine_only_unless_chosen(services: Services) -> None:
    published = {name: port for name, service in services.items() for port in service.get("ports", [])}
    assert set(published) == {"airflow-apiserver", "s3", "publico", "flower"}
    assert all(port.startswith("127.0.0.1:") for port in published.values())


def test_mounted_folders_exist_and_cannot_be_written(stack: dict[str, Any]) -> None:
    mounted = set()
    for service in stack["services"].values():
        for volume in service.get("volumes", []):
            source, target, *mode = volume.split(":")
            if source.startswith("."):
                assert (HOME / source).is_dir(), source
                assert mode == ["ro"], volume
                assert target == f"/opt/airflow/{source.removeprefix('./')}"
                mounted.add(source)
            else:
                assert source in stack["volumes"]
    assert mounted == {"./dags", "./plugins", "./include", "./sql", "./expectations"}


def test_ours_run_without_privileges(services: Services) -> None:
    for service in services.values():
        if service["image"] == OURS:
            assert service["cap_drop"] == ["ALL"]
            assert service["security_opt"] == ["no-new-privileges:true"]
            assert "user" not in service, "the image's own user is not root"


def test_the_connections_are_those_of_the_contracts(services: Services) -> None:
    project = Project(HOME)
    contracts = [project.dataset(name).contract for name in project.dataset_ids()]
    wanted = {c.source.connection.upper() for c in contracts if c.source.kind != "inbox"}
    given = {
        name.removeprefix("AIRFLOW_CONN_")
        for name, value in services["airflow-worker"]["environment"].items()
        if name.startswith("AIRFLOW_CONN_") and value is None
    }
    assert given == wanted | {"APERTURA_AVISO"}


def test_the_demonstrations_connections_reach_its_services(
    services: Services, secrets: dict[str, str]
) -> None:
    from apertura.sources.endpoint import Endpoint
    from apertura_demo.server import HTTP_INSTITUTIONS

    lines = re.findall(r"^# (AIRFLOW_CONN_\w+)=(.*)$", (HOME / ".env.example").read_text(), re.MULTILINE)
    environ = {
        name: value.strip("'") if value.startswith("'") else interpolate(value, secrets)
        for name, value in lines
    }
    for name in (f"{institution}_http" for institution in HTTP_INSTITUTIONS):
        endpoint = Endpoint.from_env(name, environ)
        assert endpoint.allow_private
        assert endpoint.base_url == f"http://demo-institutions:8090/{name.removesuffix('_http')}/"
    assert services["demo-institutions"]["command"][-1] == "8090"
    database = Endpoint.from_env("oj_db", environ)
    made = services["demo-oj-db"]["environment"]
    assert (database.host, database.login, database.password, database.schema) == (
        "demo-oj-db",
        made["POSTGRES_USER"],
        made["POSTGRES_PASSWORD"],
        made["POSTGRES_DB"],
    )
    names = [*(f"{institution.upper()}_HTTP" for institution in HTTP_INSTITUTIONS), "OJ_DB"]
    assert set(environ) == {f"AIRFLOW_CONN_{name}" for name in names}


# The public bucket.


def test_only_reads_of_the_public_bucket_pass(compose: Callable[..., Any], secrets: dict[str, str]) -> None:
    names = {"PUBLIC_BUCKET": "the-public-one", "PRIVATE_BUCKET": "the-private-one"}
    stack = compose(secrets | names)
    web = stack["configs"]["publico"]["content"]
    assert re.findall(r"proxy_pass (\S+);", web) == ["http://s3:7070/the-public-one/"]
    assert "the-private-one" not in web
    assert "sentinel" not in web
    for line in ('set $args "";', 'proxy_set_header Authorization "";', "proxy_pass_request_body off;"):
        assert line in web
    assert re.search(r"if \(\$request_method !~ \^\(GET\|HEAD\)\$\) \{\s+return 405;", web)
    worker = stack["services"]["airflow-worker"]["environment"]
    assert worker["APERTURA_PUBLIC"] == "s3://the-public-one"
    assert worker["APERTURA_PRIVATE"] == "s3://the-private-one"
    # It serves only after the look that the private bucket is closed.
    assert stack["services"]["publico"]["depends_on"]["s3-init"]["condition"] == (
        "service_completed_successfully"
    )
    assert stack["services"]["publico"]["networks"] == ["storage"]


# Names.


def test_our_variables_are_documented(services: Services) -> None:
    documented = set(re.findall(r"`(APERTURA_\w+)`", (HOME / "docs/settings.md").read_text()))
    given = {
        name
        for service in services.values()
        for name in service.get("environment", {})
        if name.startswith("APERTURA_")
    }
    given |= set(re.findall(r"\b(APERTURA_(?!TAG)\w+)=", (HOME / "Dockerfile").read_text()))
    assert given
    assert given <= documented


_ASK_AIRFLOW = """
import json, sys
from airflow.executors.executor_loader import ExecutorLoader
from airflow.configuration import conf
from airflow.providers_manager import ProvidersManager
ProvidersManager().initialize_providers_configuration()
from airflow.cli.cli_parser import get_parser
# Not only named: with a Celery of another version than its provider expects it cannot be loaded.
ExecutorLoader.import_default_executor_cls()
import airflow.providers.celery.executors.celery_executor_utils
wanted = json.load(sys.stdin)
options = {f"{s}.{o}" for s, d in conf.configuration_description.items() for o in d["options"]}
unknown = [name for name in wanted["options"] if name not in options]
wrong = []
for command in wanted["commands"]:
    try:
        get_parser().parse_args(command)
    except SystemExit:
        wrong.append(command)
print("ANSWER" + json.dumps({"unknown": unknown, "wrong": wrong}))
"""


@pytest.mark.timeout(240)
@pytest.mark.slow
def test_airflow_knows_the_options_and_the_commands(services: Services, tmp_path: Path) -> None:
    environment = services["airflow-worker"]["environment"] | services["flower"]["environment"]
    names = [name for name in environment if name.startswith("AIRFLOW__")]
    options = [".".join(name.removeprefix("AIRFLOW__").lower().split("__")) for name in names]
    commands = [
        service["command"][1:]
        for service in services.values()
        if service.get("command", [""])[0] == "airflow"
    ]
    for service in services.values():
        test = service.get("healthcheck", {}).get("test", [""])
        if "airflow jobs" in test[-1]:
            commands.append(test[-1].replace('"', "").split()[1:])
    script = services["airflow-init"]["command"][-1].replace("\\\n", " ")
    for words in re.findall(r"\bairflow ((?:db|users|pools) [^\n]*)", script):
        commands.append(words.replace('"', "").split())
    assert len(options) > 15
    assert len(commands) == 11
    answer = _ask_airflow({"options": options, "commands": commands}, environment, tmp_path)
    assert answer == {"unknown": [], "wrong": []}
    # The same question finds what is wrong.
    wrong = {"options": ["core.lazy_plugins"], "commands": [["webserver"]]}
    assert _ask_airflow(wrong, environment, tmp_path) == {
        "unknown": ["core.lazy_plugins"],
        "wrong": [["webserver"]],
    }


def test_the_modules_that_are_run_exist(services: Services) -> None:
    modules = {
        service["command"][2]
        for service in services.values()
        if service.get("command", [""])[:2] == ["python", "-m"]
    }
    assert modules == {"apertura.storage.s3_setup", "apertura_demo.server", "apertura_demo.oj"}
    assert all(importlib.util.find_spec(name) for name in modules)
    assert "python -m apertura_airflow.pools" in services["airflow-init"]["command"][-1]
    assert (HOME / "plugins/apertura_airflow/pools.py").is_file()


def _ask_airflow(wanted: Mapping[str, Any], environment: Mapping[str, Any], home: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", _ASK_AIRFLOW],
        input=json.dumps(wanted),
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__AUTH_MANAGER": environment["AIRFLOW__CORE__AUTH_MANAGER"],
            "AIRFLOW__CORE__EXECUTOR": environment["AIRFLOW__CORE__EXECUTOR"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.split("ANSWER")[-1])
