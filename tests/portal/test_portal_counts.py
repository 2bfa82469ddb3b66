"""What the whole site tells of how many rows a protected dataset has."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import build_scene as scene
from build_scene import built, texts
from publish_scene import LATER, default_contract, default_rows

from apertura.portal.memory import KEY

COSAS = "prueba/cosas"


def test_a_protected_dataset_tells_no_exact_number_of_rows_anywhere(tmp_path: Path) -> None:
    """Exact numbers of two versions give their exact difference: pages, feeds and catalogue round them."""
    folder = tmp_path / "estado"
    folder.mkdir()
    made = scene.scene(folder)
    for count, taken in ((1003, LATER), (1021, "2026-03-15T08:30:00+00:00")):
        made.publish(default_contract(title="Otras cosas"), {"cosas": default_rows(count)}, taken)
    exact = re.compile(r"(?<![\d.,])(1,?003|1,?021)(?![\d,]|\.\d)")

    def telling() -> set[str]:
        built(folder)
        shown = {key: text for key, text in texts(folder).items() if not key.startswith("datos/")}
        return {key for key, text in shown.items() if exact.search(text)}

    open_ = telling()
    protection = {"unidad": "cada persona", "tablas": []}
    for path in (folder / f"public/datos/{COSAS}/versiones").glob("*/privacidad.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "proteccion": protection}))
    (folder / "private" / KEY).unlink()
    shutil.rmtree(folder / "public/buscar")  # the index of before would stay for a day

    # Where an open dataset tells them is where a protected one could.
    assert {f"conjuntos/{COSAS}/index.html", f"conjuntos/{COSAS}/noticias.xml", "noticias.xml"} <= open_
    assert {f"catalogo/{COSAS}/{name}" for name in ("conjunto.json", "dcat-ap.ttl")} <= open_
    assert telling() == set()
    page = texts(folder)[f"conjuntos/{COSAS}/index.html"]
    assert "unas 1,020 filas; antes, unas 1,005" in page
    assert "redondeado a múltiplos de 5" in page
    found = json.loads(texts(folder)["catalogo/catalogo.json"])["conjuntos"]
    assert {one["filas"] for one in found} == {12, 1020}
