"""`make run` and `make up`: demonstration institutions, a real Airflow, one run of each DAG, what came of it.

Exit codes: 0 everything went well, 1 a task failed, 2 it could not be started, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from rich.console import Console

from apertura.contract import Project
from apertura.errors import AperturaError
from apertura.prepare.keys import create_key
from apertura.settings import Settings
from apertura_demo import orchestrate_report as report
from apertura_demo.orchestrate_airflow import (
    USER,
    Airflow,
    OrchestrationError,
    free_port,
    port_is_free,
    prepare,
)
from apertura_demo.orchestrate_api import Api, ApiError
from apertura_demo.orchestrate_progress import Progress, Task, labelled
from apertura_demo.server import HTTP_INSTITUTIONS

DEFAULT_PUBLIC_PORT = 8000
READY_SECONDS = 300.0
POLL_SECONDS = 1.5
"""Each question costs the API's process, on the same two cores as the tasks, what a small task does."""
LOG_WIDTH = 160
PORTAL = "catalogo"
"""The DAG that builds the portal."""
RETRY_SECONDS = "2"
"""In a demonstration a retry waits this long; a deployment's default is 30 s."""


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    # A log file or a pipe has no width; a table folded to 80 columns is hard to read there.
    console = Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _as_interrupt)
    try:
        with _alone(given.state):
            return _orchestrate(given, console)
    except (OrchestrationError, AperturaError, ApiError) as error:
        console.print(f"Apertura could not run: {error}", style="bold red", highlight=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m apertura_demo.orchestrate", description=__doc__)
    parser.add_argument("command", choices=("run", "up"), help="run: end afterwards; up: stay until Ctrl-C")
    settings = Settings.from_env()
    state = Path(os.environ.get("APERTURA_STATE") or settings.home / ".state")
    parser.add_argument("--state", type=lambda text: Path(text).resolve(), default=state.resolve())
    parser.add_argument("--airflow-port", type=int, help="of the Airflow UI (8080)")
    parser.add_argument("--public-port", type=int, help="of the published data (8000)")
    parser.add_argument("--dags", nargs="+", metavar="INSTITUTION", help="only these")
    parser.add_argument("--force", action="store_true", help="run every partition, also those that are good")
    parser.add_argument("--canaries", action="store_true", help="plant fake people, to search for afterwards")
    parser.add_argument("--timeout", type=float, default=1800.0, help="seconds after which to give up")
    return parser


def _as_interrupt(sign: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One orchestrator per state folder: two would take away each other's Airflow."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "orchestrate.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OrchestrationError(
                f"another run is at work in {state}; wait for it, or use --state"
            ) from None
        yield


def _orchestrate(given: argparse.Namespace, console: Console) -> int:
    up = given.command == "up"
    airflow_port = _port(given.airflow_port, 8080, "AIRFLOW_PORT", needed=up)
    wanted = _port(given.public_port, DEFAULT_PUBLIC_PORT, "PUBLIC_PORT", needed=True) if up else 0
    public_port = wanted or given.public_port or DEFAULT_PUBLIC_PORT
    source_port = free_port()
    environ = _pipeline_environment(given.state, source_port, public_port)
    settings = Settings.from_env(os.environ | environ)
    dag_ids = _dag_ids(settings, given.dags)
    airflow: Airflow | None = None
    servers: list[subprocess.Popen[bytes]] = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: _stop(airflow, servers))
        with Progress(console) as progress:
            progress.say("starting Airflow")
            airflow = prepare(given.state, settings.home, airflow_port, environ, scheduled=up)
            airflow.start()
            progress.say("preparing the institutions")
            servers.append(_institutions(given.state, source_port, given.canaries))
            api = Api(airflow.port)
            _wait_until_listening(servers[0], source_port, given.state / "institutions.log")
            _wait_until_ready(api, airflow, [*dag_ids, PORTAL], progress)
            for name, pool in _pools(settings, airflow).items():
                api.make_pool(name, pool)
            runs = {}
            for dag_id in dag_ids:
                api.pause(dag_id, False)
                runs[dag_id] = api.trigger(dag_id, {"force": True} if given.force else {})
            progress.say(f"running {', '.join(dag_ids)}")
            tasks = _watch(api, airflow, runs, progress, given.timeout)
            progress.say("building the portal")
            api.pause(PORTAL, False)
            built = _watch(api, airflow, {PORTAL: api.trigger(PORTAL, {})}, progress, given.timeout)
            progress.say("done")
        found = report.outcomes(settings, tasks)
        report.print_releases(console, found, given.state / "public")
        report.print_failures(console, found, airflow.home / "logs", given.state)
        report.print_portal(console, built, given.state, airflow.home / "logs")
        cost = report.overhead(found)
        if cost is not None:
            console.print(f"Airflow's own time per task: {cost:.2f} s (median)", highlight=False)
        if up:
            servers.append(_serve_public(given.state, public_port))
            _wait_until_listening(servers[-1], public_port, given.state / "public.log")
            console.print(
                f"\nAirflow: {api.base} (user {USER}, password {airflow.password})\n"
                f"Portal: {settings.base_url}\nCtrl-C ends both.",
                highlight=False,
                soft_wrap=True,
            )
            _stay(airflow)
        return 1 if any(task.state in ("failed", "upstream_failed") for task in [*tasks, *built]) else 0


def _port(given: int | None, default: int, variable: str, *, needed: bool) -> int:
    """The port to use: as given, else the default; a run that nobody looks at takes any free one instead."""
    port = given or default
    if port_is_free(port):
        return port
    if given is None and not needed:
        return free_port()
    raise OrchestrationError(
        f"port {port} is taken by another program; end it, or choose another port: "
        f"make {'up' if needed else 'run'} {variable}=<port>, or --{variable.lower().replace('_', '-')}"
    )


def _pipeline_environment(state: Path, source_port: int, public_port: int) -> dict[str, str]:
    """Buckets, key and connections; what differs from production is here and nowhere else."""
    key = state / "master.key"
    if not key.exists():
        create_key(key)
    base = f"http://127.0.0.1:{source_port}"
    extra = {"allow_private": True, "max_backoff_seconds": 5}
    connections = {
        **{
            f"{name.upper()}_HTTP": {"conn_type": "http", "host": f"{base}/{name}/", "extra": extra}
            for name in HTTP_INSTITUTIONS
        },
        "OJ_DB": {"conn_type": "sqlite", "host": str(state / "institutions" / "oj" / "oj.sqlite")},
    }
    environ = {f"AIRFLOW_CONN_{name}": json.dumps(parts) for name, parts in connections.items()}
    return environ | {
        "APERTURA_STATE": str(state),
        "APERTURA_PRIVATE": (state / "private").as_uri(),
        "APERTURA_PUBLIC": (state / "public").as_uri(),
        "APERTURA_KEY_FILE": str(key),
        "APERTURA_BASE_URL": os.environ.get("APERTURA_BASE_URL") or f"http://localhost:{public_port}/",
        "APERTURA_RETRY_SECONDS": os.environ.get("APERTURA_RETRY_SECONDS") or RETRY_SECONDS,
    }


def _dag_ids(settings: Settings, wanted: list[str] | None) -> list[str]:
    """The institutions that have a DAG file, or those of them that are wanted."""
    files = {path.stem for path in (settings.home / "dags").glob("*.py")}
    known = [name for name in Project(settings.home).institution_names() if name in files]
    unknown = sorted(set(wanted or []) - set(known))
    if unknown:
        raise OrchestrationError(f"there is no DAG {', '.join(unknown)}; there are {', '.join(known)}")
    return [name for name in known if wanted is None or name in wanted]


def _institutions(state: Path, port: int, canaries: bool) -> subprocess.Popen[bytes]:
    """Make the institutions' files if they are not there, and answer for them."""
    module = ["apertura_demo.server", "--folder", str(state / "institutions"), "--port", str(port)]
    return _serve(state, "institutions", [*module, "--canaries"] if canaries else module)


def _serve_public(state: Path, port: int) -> subprocess.Popen[bytes]:
    folder = state / "public"
    return _serve(state, "public", ["apertura_demo.public", "--folder", str(folder), "--port", str(port)])


def _serve(state: Path, name: str, module: list[str]) -> subprocess.Popen[bytes]:
    with (state / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_listening(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise OrchestrationError(f"a server of the demonstration did not start; its log: {log}")


def _wait_until_ready(api: Api, airflow: Airflow, dag_ids: list[str], progress: Progress) -> None:
    """Until all components are well and every DAG has been read."""
    progress.say("waiting for Airflow")
    deadline = time.monotonic() + READY_SECONDS
    logged_in = False
    while time.monotonic() < deadline:
        airflow.check()
        if api.healthy() and airflow.answers_tasks():
            if not logged_in:
                api.log_in(USER, airflow.password)
                logged_in = True
            if errors := api.import_errors():
                raise OrchestrationError(f"Airflow cannot read {', '.join(errors)}")
            if set(dag_ids) <= api.dag_ids():
                return
        time.sleep(0.25)
    raise OrchestrationError(
        f"Airflow was not ready after {READY_SECONDS:.0f} s; its logs: {airflow.home / 'component-logs'}"
    )


def _pools(settings: Settings, airflow: Airflow) -> dict[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "apertura_airflow.pools"],
        env=airflow.environ | {"PYTHONPATH": str(settings.home / "plugins")},
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        raise OrchestrationError("the pools could not be listed (see above)")
    found: dict[str, dict[str, object]] = json.loads(done.stdout)
    return found


def _watch(
    api: Api, airflow: Airflow, runs: dict[str, str], progress: Progress, timeout: float
) -> list[Task]:
    """Show the runs until all have ended; all their task instances."""
    deadline = time.monotonic() + timeout
    trouble, wanted = 0, set(runs.items())
    while time.monotonic() < deadline:
        airflow.check()
        try:
            # The states first: when a run has ended, what its tasks then say is their last word.
            states = api.run_states()
            found = api.every_task_instance()
            trouble = 0
        except ApiError:
            # A busy machine answers late now and then; only a silence that lasts is an error.
            trouble += 1
            if trouble > 2:
                raise
            continue
        tasks = labelled([Task.of(one) for one in found if (one["dag_id"], one["dag_run_id"]) in wanted])
        progress.show(tasks)
        if all(states.get(run) in ("success", "failed") for run in wanted):
            return tasks
        time.sleep(POLL_SECONDS)
    raise OrchestrationError(f"the runs did not end within {timeout:.0f} s (--timeout)")


def _stay(airflow: Airflow) -> None:
    while True:
        airflow.check()
        time.sleep(1)


def _stop(airflow: Airflow | None, servers: list[subprocess.Popen[bytes]]) -> None:
    """End everything, also when Ctrl-C is pressed a second time in the middle of it."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    for server in servers:
        server.terminate()
    if airflow is not None:
        airflow.stop()
    for server in servers:
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
