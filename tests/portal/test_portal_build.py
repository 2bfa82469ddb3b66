"""The portal is built from the manifests: only what differs, in an order that readers can bear."""

from __future__ import annotations

import contextlib
import datetime as dt
import multiprocessing
import shutil
import signal
from pathlib import Path

import build_scene as scene
import pytest
from build_scene import ROWS, SECRET, broken_links, built, texts, work
from catalogue_scene import REASON, Scene, named
from publish_scene import LATER, NOW, default_contract, default_rows, listing

from apertura.errors import LeaseBusyError, StorageError
from apertura.portal.build import BuildResult, build
from apertura.portal.memory import KEY, Memory
from apertura.portal.objects import KEEP
from apertura.publish import withdraw
from apertura.storage import open_bucket

COSAS, COMPRAS = "prueba/cosas", "prueba/compras"
POINTS = ["immutable", "entry", "shared", "removal", "memory"]

workers = multiprocessing.get_context("forkserver")
workers.set_forkserver_preload(["build_scene", "apertura.portal.pages", "apertura.catalogue.emit"])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets, no site yet."""
    folder = tmp_path_factory.mktemp("publicado") / "estado"
    folder.mkdir()
    scene.scene(folder)
    return folder


@pytest.fixture(scope="module")
def whole(published: Path) -> Path:
    """The same with its site."""
    folder = published.parent / "construido"
    shutil.copytree(published, folder)
    assert built(folder).problems == {}
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "estado")
    return tmp_path / "estado"


def again(folder: Path) -> Scene:
    """The scene of a copied folder, to publish further releases in it."""
    made = Scene.__new__(Scene)
    made.folder, made.runs, made.key = folder, 10, folder / "master.key"
    return made


def renewed(folder: Path) -> None:
    """A second release of cosas with other rows."""
    again(folder).publish(default_contract(title="Otras cosas"), {"cosas": default_rows(25)}, LATER)


def site(folder: Path) -> dict[str, str]:
    """Every object but the data and the search index, whose bytes depend on chance, with its SHA-256."""
    left = ("datos/", "buscar/indice-")
    return {key: one for key, one in listing(folder / "public").items() if not key.startswith(left)}


def times(folder: Path) -> dict[str, int]:
    """When each object of `site` was written."""
    return {key: (folder / "public" / key).stat().st_mtime_ns for key in site(folder)}


def test_every_link_of_every_page_leads_to_something(whole: Path) -> None:
    keys = set(site(whole))
    assert {"index.html", f"conjuntos/{COSAS}/index.html", "catalogo/catalogo.json", "noticias.xml"} <= keys
    assert broken_links(whole) == []


def test_a_second_build_makes_and_writes_nothing(folder: Path) -> None:
    before = listing(folder / "public")
    result = built(folder)
    assert (result.made, result.written, result.removed, result.datasets) == ([], 0, 0, 2)
    assert listing(folder / "public") == before


def test_what_was_lost_or_damaged_in_the_bucket_is_made_again(folder: Path) -> None:
    before = site(folder)
    public = open_bucket((folder / "public").as_uri())
    public.delete(f"conjuntos/{COSAS}/index.html")
    public.put(f"catalogo/{COMPRAS}/dcat-ap.ttl", b"damaged")
    public.delete(next(stat.key for stat in public.list("buscar/") if stat.key.endswith(".pf_meta")))
    public.put("index.html", b"damaged")
    result = built(folder)
    assert result.made == [COMPRAS, COSAS]
    assert site(folder) == before


def test_without_memory_everything_is_made_and_nothing_written(folder: Path) -> None:
    before = times(folder)
    open_bucket((folder / "private").as_uri()).delete(KEY)
    result = built(folder)
    assert (result.made, result.removed) == ([COMPRAS, COSAS], 0)
    assert times(folder) == before, "but for the search index, whose filters Pagefind orders by chance"


def test_a_changed_dataset_is_made_and_the_other_left_alone(folder: Path) -> None:
    mine = {key for key in site(folder) if f"/{COMPRAS}" in key}
    before = {key: (folder / "public" / key).stat().st_mtime_ns for key in mine}
    renewed(folder)
    result = built(folder)
    assert result.made == [COSAS]
    assert "Otras cosas" in texts(folder)[f"conjuntos/{COSAS}/index.html"]
    assert "Otras cosas" in texts(folder)["catalogo/catalogo.json"]
    assert {key: (folder / "public" / key).stat().st_mtime_ns for key in mine} == before


def test_a_contract_is_remembered_by_its_bytes_alone(folder: Path) -> None:
    path = folder / "home/include/datasets/prueba/cosas.yaml"
    text = path.read_text()
    path.write_text(f"# a comment says nothing\n{text}")
    assert built(folder).made == []
    path.write_text(text.replace("monthly", "daily"))
    assert built(folder).made == [COSAS]
    path.write_text("title: [")
    assert built(folder).made == [COSAS], "without its contract"
    path.write_text(text)
    assert built(folder).made == [COSAS]
    assert built(folder).made == []


def test_a_forced_build_of_many_builds_is_the_same_site(folder: Path) -> None:
    renewed(folder)
    built(folder)
    built(folder)
    before = site(folder)
    result = built(folder, force=True)
    assert (result.made, result.removed) == ([COMPRAS, COSAS], 0)
    assert site(folder) == before


def test_lists_alone_are_mended_where_they_alone_were_damaged(folder: Path) -> None:
    before = site(folder)
    public = open_bucket((folder / "public").as_uri())
    public.put("temas/index.html", b"damaged")
    public.delete("noticias.xml")
    result = built(folder)
    assert (result.made, result.written) == ([], 2)
    assert site(folder) == before


def test_a_new_institution_is_listed_though_it_has_no_data(folder: Path) -> None:
    path = folder / "home/include/institutions/otra.yaml"
    text = path.with_name("prueba.yaml").read_text().replace("prueba", "otra")
    path.write_text(text)
    assert built(folder).made == []
    assert "instituciones/otra/index.html" in site(folder)


def test_the_bytes_do_not_depend_on_what_was_there_nor_on_the_hour(folder: Path, tmp_path: Path) -> None:
    renewed(folder)
    fresh = tmp_path / "nuevo"
    shutil.copytree(folder, fresh)
    for key in site(fresh):
        (fresh / "public" / key).unlink()
    (fresh / "private" / KEY).unlink()
    built(folder)
    built(folder, now=NOW + dt.timedelta(hours=25))  # the older index and charts have gone
    built(fresh, now=NOW + dt.timedelta(hours=26))
    assert site(fresh) == site(folder)


def test_the_base_address_is_in_every_page(folder: Path) -> None:
    result = built(folder, base_url="https://datos.example.gt/abierto/")
    assert result.made == [COMPRAS, COSAS]
    told = texts(folder)
    assert "https://datos.example.gt/abierto/conjuntos/prueba/cosas/" in told["sitemap.xml"]
    assert "localhost" not in told[f"conjuntos/{COSAS}/index.html"] + told["catalogo/catalogo.json"]


def test_a_dataset_that_became_late_is_made_again_on_that_day_only(folder: Path) -> None:
    year = NOW + dt.timedelta(days=400)
    assert built(folder, now=year).made == [COMPRAS, COSAS]
    assert built(folder, now=year + dt.timedelta(hours=1)).made == []


def test_an_immutable_object_goes_a_day_after_the_last_page_that_named_it(folder: Path) -> None:
    built(folder)
    public = open_bucket((folder / "public").as_uri())
    old, page = "graficos/prueba/cosas/viejo.0a1b2c3d.svg", "temas/nada/index.html"
    for key in (old, page):
        public.put(key, b"x")
    assert built(folder).removed == 1
    assert (public.stat(old) is not None, public.stat(page)) == (True, None)
    assert built(folder, now=NOW + KEEP - dt.timedelta(seconds=1)).removed == 0
    assert built(folder, now=NOW + KEEP).removed == 1
    assert public.stat(old) is None


def test_what_is_not_the_portals_is_left_alone(folder: Path) -> None:
    public = open_bucket((folder / "public").as_uri())
    for key in ("google1234.html", "datos/prueba/otra.txt", ".well-known"):
        (folder / "public" / key).write_text("x")
    built(folder)
    assert all((folder / "public" / key).exists() for key in ("google1234.html", "datos/prueba/otra.txt"))
    assert public.stat("google1234.html") is not None


@pytest.mark.parametrize("what", ["release.json", "calidad.json"])
def test_a_damaged_dataset_keeps_its_page_and_the_others_are_built(folder: Path, what: str) -> None:
    version = next((folder / "public/datos/prueba/compras/versiones").glob("*/"))
    (version / what).write_text("{")
    before = texts(folder)[f"conjuntos/{COMPRAS}/index.html"]
    renewed(folder)
    result = built(folder)
    assert list(result.problems) == [COMPRAS]
    assert result.made == [COSAS]
    assert texts(folder)[f"conjuntos/{COMPRAS}/index.html"] == before
    with pytest.raises(StorageError, match=COMPRAS):
        result.check()
    (folder / "private" / KEY).unlink()
    built(folder)
    assert f"conjuntos/{COMPRAS}/index.html" in site(folder), "also when the memory was lost"


def test_a_dataset_that_cannot_be_shown_is_told_and_named_by_no_list(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published, tmp_path / "estado")
    folder = tmp_path / "estado"
    for path in folder.glob("public/datos/prueba/compras/*/**/*.parquet"):
        path.write_bytes(b"PAR1")
    for path in folder.glob("public/datos/prueba/compras/*/**/*.csv"):
        path.unlink()
    result = built(folder)
    assert list(result.problems) == [COMPRAS]
    assert COSAS in result.made
    assert broken_links(folder) == []


def test_two_builds_do_not_mix(folder: Path) -> None:
    private = open_bucket((folder / "private").as_uri())
    expires = (NOW + dt.timedelta(minutes=5)).isoformat()
    private.put("leases/portal.json", f'{{"run": "otra", "expires": "{expires}"}}'.encode())
    with pytest.raises(LeaseBusyError, match="otra"):
        built(folder)
    assert built(folder, now=NOW + dt.timedelta(minutes=6)).made == []
    assert private.stat("leases/portal.json") is None


def test_a_withdrawn_dataset_is_nowhere_after_the_build(folder: Path) -> None:
    assert any(SECRET in text for key, text in texts(folder, below="buscar").items() if "fragment" in key)
    withdraw(scene.settings(folder), COSAS, REASON, by="x", clock=lambda: NOW)
    left = [key for key, text in texts(folder).items() if SECRET in text]
    assert not [key for key in left if f"/{COSAS}" in key], "its own pages go with the withdrawal"
    result = built(folder)
    assert result.problems == {}
    assert [key for key, text in texts(folder).items() if SECRET in text] == []
    assert REASON in texts(folder)[f"conjuntos/{COSAS}/index.html"], "a page says why"
    assert not list((folder / "public" / "graficos").rglob("*/cosas/*.svg"))
    assert broken_links(folder) == []


def test_rows_are_shown_and_not_searched(whole: Path) -> None:
    assert ROWS in texts(whole)[f"conjuntos/{COSAS}/index.html"]
    searched = texts(whole, below="buscar")
    assert any("Contrataciones" in text for text in searched.values())
    assert not [key for key, text in searched.items() if ROWS in text and "pf_" in key]


def test_several_processes_make_the_same(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apertura.portal.entries.PAYS_FROM", 2)
    shutil.copytree(published, tmp_path / "estado")
    world = again(tmp_path / "estado")
    (tmp_path / "uno").mkdir()
    for number in range(5):
        contract = named(default_contract(), f"c{number}")
        world.publish(contract, {f"c{number}": default_rows(3)})
    shutil.copytree(tmp_path / "estado", tmp_path / "uno", dirs_exist_ok=True)
    assert len(built(tmp_path / "estado", threads=2).made) == 7
    assert len(built(tmp_path / "uno", threads=1).made) == 7
    assert site(tmp_path / "estado") == site(tmp_path / "uno")


@pytest.fixture(scope="module")
def changed(whole: Path) -> Path:
    """A changed dataset, a page that nothing names: every kind of step has something to do."""
    folder = whole.parent / "cambiado"
    shutil.copytree(whole, folder)
    renewed(folder)
    open_bucket((folder / "public").as_uri()).put("temas/nada/index.html", b"x")
    return folder


@pytest.fixture(scope="module")
def undisturbed(changed: Path) -> dict[str, str]:
    folder = changed.parent / "tranquilo"
    shutil.copytree(changed, folder)
    built(folder)
    return site(folder)


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_readers_find_whole_pages_and_the_next_build_ends_it(
    changed: Path, undisturbed: dict[str, str], tmp_path: Path, point: str, side: str
) -> None:
    folder = tmp_path / "estado"
    shutil.copytree(changed, folder)
    process = workers.Process(target=work, args=(folder, {"APERTURA_FAILPOINT": f"portal.{point}:{side}"}))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, "the point was not reached"
    assert broken_links(folder) == []
    later = NOW + dt.timedelta(hours=1)  # the dead build's lease has ended
    built(folder, now=later)
    assert site(folder) == undisturbed
    assert built(folder, now=later).written == 0


def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    private = open_bucket((tmp_path / "private").as_uri())
    for text in (b"{", b"[]", b'{"entries": 1}', b'{"entries": {"a": {}}, "objects": {}, "stale": {}}'):
        private.put(KEY, text)
        assert Memory.load(private) == Memory()


@pytest.mark.parametrize("what", ["release.json", "calidad.json"])
def test_nothing_of_a_withdrawn_version_lives_on_where_its_predecessor_is_damaged(
    folder: Path, what: str
) -> None:
    """Neither pages that a build had under way, nor what the build before remembers for the search."""
    renewed(folder)
    built(folder)
    kept = {key: (folder / "public" / key).read_bytes() for key in site(folder) if f"/{COSAS}" in key}
    first, second = sorted((folder / "public/datos/prueba/cosas/versiones").glob("*/"))
    (first / what).write_text("{")
    with contextlib.suppress(StorageError):
        withdraw(scene.settings(folder), COSAS, REASON, by="x", version=second.name, clock=lambda: NOW)
    public = open_bucket((folder / "public").as_uri())
    for key, data in kept.items():
        public.put(key, data)
    assert list(built(folder).problems) == [COSAS]
    left = {key: text for key, text in texts(folder).items() if not key.startswith("datos/")}
    assert [key for key, text in left.items() if "Otras cosas" in text] == []
    assert [key for key in left if f"/{COSAS}" in key] == []


def test_what_rounds_of_a_build_did_adds_up() -> None:
    first = BuildResult(2, ["a/x", "b/y"], written=40, removed=3, problems={"c/z": "damaged"})
    both = first.then(BuildResult(1, ["a/x"], written=7, removed=5, notes=["no search"]))
    assert both == BuildResult(1, ["a/x", "b/y"], written=47, removed=8, notes=["no search"])


def test_what_is_withdrawn_while_a_build_is_at_work_is_gone_when_it_ends(folder: Path) -> None:
    renewed(folder)
    done = []

    def meanwhile(what: str, number: int, of: int) -> None:
        if what == "shared pages" and not done:
            done.append(withdraw(scene.settings(folder), COSAS, REASON, by="x", clock=lambda: NOW))

    result = build(scene.settings(folder), clock=lambda: NOW, force=True, progress=meanwhile)
    assert done
    # The rounds add up: the first made both, the second the withdrawn one again.
    assert result.made == ["prueba/compras", COSAS]
    left = {key: text for key, text in texts(folder).items() if not key.startswith("datos/")}
    assert [key for key, text in left.items() if "Otras cosas" in text or SECRET in text] == []
    assert REASON in left[f"conjuntos/{COSAS}/index.html"]
    assert not list((folder / "public" / "descargas" / COSAS).rglob("*.xlsx"))
