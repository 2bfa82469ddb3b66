"""The search index: Pagefind over what the rendered pages say, in Spanish, with accents and stems folded.

buscar/indice-<hash8>/ holds Pagefind's script and, beside it, the index. All of the index has the hash of its
content in its name, so that of one build stands beside that of the build before, and one small file,
pagefind-entry.json, switches from one to the other. What is searched is what pages say, cut down to what is
marked for it; nothing else can get in.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree, html

from apertura.errors import EngineError
from apertura.portal.site import Artifact

ENTRY = "pagefind-entry.json"
"""The one file that names the index in force."""
_SCRIPTS = ("pagefind.js", "pagefind-worker.js")
_WASM = ("wasm.es.pagefind", "wasm.unknown.pagefind")
_BODY = "//*[@data-pagefind-body]"
_NOT_SEARCHED = "//*[@data-pagefind-ignore] | //script | //style | //svg | //link | //comment()"
_SECONDS = 300


def executable() -> Path | None:
    """Pagefind's program; None where its package is not installed."""
    try:
        from pagefind_bin import get_executable  # type: ignore[import-untyped]

        return Path(get_executable())
    except (ImportError, FileNotFoundError):
        return None


def folder() -> str:
    """The folder of the index in the public bucket, without a slash at its end; it changes with Pagefind."""
    version = importlib.metadata.version("pagefind-bin")
    return f"buscar/indice-{hashlib.sha256(f'pagefind {version} es'.encode()).hexdigest()[:8]}"


def searched(page: bytes) -> str | None:
    """A page cut down to what Pagefind needs of it; None when no part of it is marked for the search."""
    if b"data-pagefind-body" not in page:
        return None
    document: Any = html.document_fromstring(page, parser=html.HTMLParser(encoding="utf-8"))
    if not document.xpath(_BODY):
        return None
    for element in document.xpath(_NOT_SEARCHED):
        if element.getparent() is not None:
            element.drop_tree()
    return str(etree.tostring(document, encoding="unicode", method="html"))


def index(documents: Mapping[str, str], scratch: Path) -> tuple[list[Artifact], Artifact]:
    """The index of these pages (key -> what `searched` left): its files, and the one that switches to it.

    EngineError when Pagefind fails.
    """
    program = executable()
    if program is None:
        raise EngineError("Pagefind is not installed", hint="install requirements.txt")
    source, target = scratch / "buscado", scratch / "indice"
    source.mkdir(parents=True)
    for key, text in sorted(documents.items()):
        path = source / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [str(program), "--site", str(source), "--output-path", str(target), "--force-language", "es"]
    try:
        done = subprocess.run([*command, "--silent"], capture_output=True, check=False, timeout=_SECONDS)
        failure = None if done.returncode == 0 else f"exit code {done.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        failure = type(error).__name__
    if failure is not None:
        raise EngineError(f"the search index could not be made: Pagefind ended with {failure}")
    place = folder()
    files = [
        Artifact(f"{place}/{path.relative_to(target).as_posix()}", path, immutable=True)
        for path in sorted(target.rglob("*"))
        if path.is_file() and _wanted(path.relative_to(target))
    ]
    return files, Artifact(f"{place}/{ENTRY}", (target / ENTRY).read_bytes())


def _wanted(path: Path) -> bool:
    """Without Pagefind's own user interfaces."""
    return len(path.parts) > 1 or path.name in (*_SCRIPTS, *_WASM) or path.suffix == ".pf_meta"
