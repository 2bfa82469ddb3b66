"""One published and served bucket for all tests of the catalogue."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

# The catalogue is made of releases: the scene of publish makes them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publish"))

from catalogue_scene import Scene, World, build


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The scene of `catalogue_scene.publish_all`, behind a server."""
    scene = Scene(tmp_path_factory.mktemp("catalogo"))
    scene.public.mkdir()
    handler = functools.partial(_Quiet, directory=str(scene.public))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield build(scene, f"http://127.0.0.1:{server.server_address[1]}/")
    finally:
        server.shutdown()
        server.server_close()
