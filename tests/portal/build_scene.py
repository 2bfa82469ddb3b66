"""A published project for the tests of the portal's build: real releases of small datasets, and a browser."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

TESTS = Path(__file__).resolve().parents[1]
HOME = TESTS.parent
# The site is made of releases: the scenes of publish and of the catalogue make them.
sys.path[:0] = [str(TESTS / "publish"), str(TESTS / "catalogue")]

from catalogue_scene import Scene, named  # noqa: E402
from publish_scene import NOW, default_contract, default_rows, settings_in  # noqa: E402

from apertura.portal.build import BuildResult, build  # noqa: E402
from apertura.settings import Settings  # noqa: E402
from apertura_demo.public import make_server  # noqa: E402

SECRET = "Ornitorrinco"
"""A word of one dataset alone, to see where it is."""
ROWS = "Ñandú"
"""A word of the rows, which stand in previews and are not searched."""
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def settings(folder: Path, **more: Any) -> Settings:
    """Of a scene's folder; one process, since starting others takes longer than the work."""
    return Settings(**{**vars(settings_in(folder)), "threads": 1, **more})


def built(folder: Path, *, now: dt.datetime = NOW, force: bool = False, **more: Any) -> BuildResult:
    """Build the site of a scene's folder."""
    return build(settings(folder, **more), clock=lambda: now, force=force)


def purchases(**more: Any) -> dict[str, Any]:
    """A dataset whose title is plural and has accents."""
    title = {"title": "Contrataciones públicas de vehículos", "theme": "ECON"}
    return named(default_contract(), "compras", **{**title, **more})


def scene(folder: Path) -> Scene:
    """Two datasets published: cosas and compras."""
    made = Scene(folder)
    (folder / "public").mkdir()
    (folder / "home/include/portal").mkdir()
    for name in ("templates", "assets", "guides"):
        shutil.copytree(HOME / "include/portal" / name, folder / "home/include/portal" / name)
    made.publish(default_contract(title=f"{SECRET} y otras cosas"), {"cosas": default_rows(30)})
    made.publish(purchases(), {"compras": default_rows(12)})
    return made


def texts(folder: Path, *, below: str = "") -> dict[str, str]:
    """Every public object as text, Pagefind's unpacked; keys as in the bucket."""
    root = folder / "public"
    found = {}
    for path in sorted((root / below).rglob("*")):
        key = path.relative_to(root).as_posix()
        if path.is_file() and not key.startswith("."):
            data = path.read_bytes()
            found[key] = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode(
                "utf-8", "replace"
            )
    return found


def broken_links(folder: Path) -> list[str]:
    """Every link of every page of the site to something that is not there: `page -> link`."""
    root = folder / "public"
    broken = []
    for page in sorted(root.rglob("*.html")):
        key = page.relative_to(root)
        if key.parts[0] == "datos" or key.name == "404.html":
            continue
        for link in re.findall(r'(?:href|src)="([^"#]+)', page.read_text()):
            if re.match(r"[a-z]+:|//", link):
                continue
            target = Path(os.path.normpath(page.parent / unquote(unescape(link)).partition("?")[0]))
            if not target.exists():
                broken.append(f"{key} -> {link}")
    return broken


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The public bucket over HTTP; its address."""
    with make_server(folder / "public") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def work(folder: Path, environment: dict[str, str]) -> None:
    """Build in a process of its own that may be killed."""
    os.environ.update(environment)
    built(folder)
