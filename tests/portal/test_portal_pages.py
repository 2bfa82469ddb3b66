"""The pages: complete, valid, escaped, asking nothing of another host, and the same for the same releases."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml
from build_scene import HOME
from lxml import etree
from matter_scene import bucket, counted, entry, field, table
from page_scene import HOSTILE, REASON, World, made

from apertura.catalogue.model import Catalogue, Publisher
from apertura.catalogue.terms import VOCABULARIES
from apertura.contract import Project
from apertura.portal import pieces
from apertura.portal.feeds import ATOM
from apertura.portal.page_lists import institution_pages
from apertura.portal.site import Site

LIGHT = 300_000
"""Bytes that a page may weigh with its style and scripts."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("sitio") / "estado"
    folder.mkdir()
    return made(folder, base_url="https://datos.example.gt/abierto/")


def test_every_page_that_the_portal_promises_is_there(world: World) -> None:
    wanted = {
        "index.html", "buscar/index.html", "temas/index.html", "temas/heal/index.html", "guias/index.html",
        "guias/glosario/index.html", "guias/como-usar-estos-datos/index.html", "instituciones/index.html",
        "instituciones/prueba/index.html", "como-anonimizamos/index.html", "api/index.html",
        "acerca-de/index.html", "404.html", "conjuntos/prueba/cosas/index.html",
        "conjuntos/prueba/hostil/index.html", "conjuntos/prueba/hostil/tablas/lugares/index.html",
        "conjuntos/prueba/retirado/index.html",
    }  # fmt: skip
    assert wanted <= set(world.pages())


def test_every_page_is_valid_has_one_title_and_its_own_description(world: World) -> None:
    for key in world.pages():
        page = world.page(key)
        assert len(page.find("h1")) == 1, key
        assert len(page.find("main[@id='contenido']")) == 1, key
        assert page.find("html/@lang") == ["es-GT"], key
        (title,) = page.find("title/text()")
        assert title.endswith(" · Apertura"), key
        (description,) = page.find("meta[@name='description']/@content")
        assert len(description) >= 10, key
        ids = page.tree.xpath("//@id")
        assert len(ids) == len(set(ids)), f"{key}: an id stands twice"


def test_headings_are_not_skipped(world: World) -> None:
    for key in world.pages():
        levels = [
            int(one.tag[-1]) for one in world.page(key).tree.iter() if re.fullmatch("h[1-6]", str(one.tag))
        ]
        assert levels[0] == 1, key
        assert all(now - before <= 1 for before, now in pairwise(levels)), f"{key}: {levels}"


def test_no_page_holds_inline_script_or_style_and_its_policy_forbids_them(world: World) -> None:
    for key in world.pages():
        page = world.page(key)
        (policy,) = page.find("meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith("default-src 'none'; script-src 'self'"), key
        assert "unsafe-inline" not in policy and "unsafe-eval'" not in policy.replace(
            "'wasm-unsafe-eval'", ""
        )
        assert ("wasm-unsafe-eval" in policy) == (key in ("buscar/index.html", "consultas/index.html")), key
        assert page.find("style") == [] and page.find("iframe") == [] and page.find("base") == []
        for script in page.find("script"):
            assert script.get("type") == "application/ld+json" or (script.get("src") and not script.text), key
        for element in page.tree.iter():
            named = [name for name in element.attrib if name.startswith("on") or name == "style"]
            assert named == [], f"{key}: {element.tag} has {named}"


def test_nothing_is_fetched_from_another_host(world: World) -> None:
    for key in world.pages():
        page = world.page(key)
        fetched = [*page.find("script/@src"), *page.find("img/@src"), *page.find("form/@action")]
        fetched += [one.get("href") for one in page.find("link") if one.get("rel") not in ("canonical",)]
        base = f"https://datos.example.gt/abierto/{key}"
        for link in fetched:
            assert urljoin(base, link).startswith("https://datos.example.gt/abierto/"), f"{key}: {link}"
    style = next((world.public / "recursos").glob("sitio.*.css")).read_text()
    assert "url(" not in style and "@import" not in style


def test_links_that_leave_are_of_the_web_or_mail(world: World) -> None:
    for key in world.pages():
        for link in world.page(key).find("a/@href"):
            assert urlsplit(link).scheme in ("", "http", "https", "mailto"), f"{key}: {link}"
    assert "mailto:uip@prueba.example.gt" in world.page("instituciones/prueba/index.html").find("a/@href")


def test_hostile_words_are_shown_as_words_and_do_nothing(world: World) -> None:
    page = world.dataset("hostil")
    assert HOSTILE in page.text
    assert [one for one in page.find("script") if one.get("type") is None] == []
    second = world.page("conjuntos/prueba/hostil/tablas/lugares/index.html")
    cells = [cell.text for cell in second.find("section[@id='vista-previa']//td")]
    assert HOSTILE in cells
    for key in world.pages():
        assert "<script>alert" not in world.page(key).source, key


def test_structured_data_is_read_back_whole_and_cannot_end_its_block(world: World) -> None:
    (block,) = world.dataset("hostil").find("script[@type='application/ld+json']")
    assert "<" not in block.text
    document = json.loads(block.text)
    assert (document["@type"], document["name"]) == ("Dataset", HOSTILE)


def test_a_dataset_page_says_everything_that_a_reader_needs(world: World) -> None:
    page = world.dataset("cosas")
    sections = [one.get("id") for one in page.find("section")]
    assert sections == [
        "vista-previa", "graficos", "diccionario", "descargas", "codigo", "versiones", "calidad",
        "privacidad", "calendario", "condiciones", "citar", "reportar",
    ]  # fmt: skip
    assert page.find("nav[@class='toc']//a/@href") == [f"#{name}" for name in sections]
    assert "Creative Commons Attribution 4.0" in page.section("condiciones")
    assert "artículo" in page.section("condiciones")
    assert "sha256sum" in page.section("descargas")
    assert {"Croissant", "CSVW", "Data Package"} <= {
        one.text for one in page.find("section[@id='descargas']//a")
    }
    assert world.versions["latest"] in page.section("citar")
    assert "treinta días hábiles" in page.section("privacidad")
    assert {"Python (pandas)", "R"} <= {one.text for one in page.find("section[@id='codigo']//summary")}


def test_what_the_data_do_not_say_comes_with_the_warnings(world: World) -> None:
    limits = world.dataset("hostil").section("limites")
    assert "Qué no dicen estos datos" in limits
    assert "<script>alert(1)</script>" in limits


def test_a_theme_is_called_as_the_eus_vocabulary_has_it_in_spanish(world: World) -> None:
    document = yaml.safe_load((world.folder / "home" / VOCABULARIES).read_text(encoding="utf-8"))
    labels = document["vocabularies"]["data-theme"]["terms"]
    for path in sorted((world.public / "catalogo").glob("*/*/conjunto.json")):
        if (theme := json.loads(path.read_text()).get("tema")) is None:
            continue
        label = labels[theme["codigo"]]
        own = path.relative_to(world.public / "catalogo").parent.as_posix()
        assert theme["titulo"] == label
        tags = world.page(f"conjuntos/{own}/index.html").find("a[@class='tag']")
        assert tags[0].text == label
        assert world.page(f"temas/{theme['codigo'].lower()}/index.html").find("h1")[0].text.strip() == label
        named = world.xml(f"conjuntos/{own}/noticias.xml").iter(f"{{{ATOM}}}category")
        assert {one.get("label") for one in named} == {label}


def test_an_undeclared_licence_is_said_and_never_invented(world: World) -> None:
    assert "La fuente no declara ninguna licencia" in world.dataset("hostil").section("condiciones")
    assert "Creative" not in world.dataset("hostil").text


def test_every_download_is_there_with_its_size_and_checksum(world: World) -> None:
    for name in ("cosas", "hostil", "paquete"):
        page = world.dataset(name)
        here = world.public / "conjuntos/prueba" / name
        rows = page.find("section[@id='descargas']//tbody/tr")
        assert len(rows) >= 5
        for row in rows:
            file = (here / row.xpath(".//a/@href")[0]).resolve()
            told = "".join(row.itertext())
            assert hashlib.sha256(file.read_bytes()).hexdigest() in told
    assert (here / page.find("p[@class='actions']/a/@href")[0]).resolve().suffix == ".csv"


def test_versions_tell_what_changed_and_why_one_was_withdrawn(world: World) -> None:
    told = world.dataset("cosas").section("versiones")
    assert "Primera versión publicada" in told
    assert "filas nuevas" in told
    assert f"Retirada el 1 de marzo de 2026: {REASON}" in told
    assert world.versions["wrong"] in told


def test_a_withdrawn_dataset_leaves_a_page_that_says_why(world: World) -> None:
    page = world.dataset("retirado")
    assert REASON in page.text
    assert page.find("meta[@name='robots']/@content") == ["noindex"]
    assert page.find("table") == [] and "data-pagefind-body" not in page.source
    listed = world.page("buscar/index.html").find("a/@href")
    assert not [link for link in listed if "retirado" in link]
    assert "../../conjuntos/prueba/retirado/" in world.page("instituciones/prueba/index.html").find("a/@href")


def test_the_list_of_all_datasets_stands_on_the_search_page_without_scripts(world: World) -> None:
    links = world.page("buscar/index.html").find("div[@id='todos']//a/@href")
    assert {f"../conjuntos/prueba/{name}/" for name in ("cosas", "hostil", "paquete")} <= set(links)


def test_an_institution_has_a_scorecard_and_says_how_to_ask_for_the_rest(world: World) -> None:
    page = world.page("instituciones/prueba/index.html")
    assert "Con licencia 2 de 3" in page.text
    assert "Decreto 57-2008" in page.text and "diez días hábiles" in page.text
    assert "Unidad & <b>" in page.text


@pytest.mark.parametrize("known", [False, True])
def test_how_to_ask_is_said_also_where_the_unit_has_no_address(tmp_path: Path, known: bool) -> None:
    contact = {"unit_url": "https://a.example.gt/uip", "unit_email": "uip@a.example.gt"} if known else {}
    publisher = Publisher("a", "Institución A", "https://a.example.gt/", "Unidad de A", **contact)
    catalogue = Catalogue("https://x.example/", (), (publisher,))
    site = Site(catalogue, bucket(tmp_path), Project(HOME), dt.date(2026, 1, 1))

    (_, page) = institution_pages(site)

    assert isinstance(page.data, bytes)
    text = page.data.decode()
    assert "Unidad de A" in text and "Modelo de solicitud" in text and "Procurador de los Derechos" in text
    assert ("no ha indicado aquí" in text) is not known
    assert ("artículos 19 y 20" in text) is not known
    assert ("mailto:uip@a.example.gt" in text) is known
    assert ("https://a.example.gt/uip" in text) is known


def test_the_page_for_what_is_missing_works_at_any_address(world: World) -> None:
    page = world.page("404.html")
    links = [*page.find("a/@href"), *page.find("link/@href")]
    assert all(link.startswith(("/abierto/", "#")) for link in links), links


def test_shared_links_have_a_picture_a_title_and_an_address(world: World) -> None:
    page = world.dataset("cosas")
    assert page.find("meta[@property='og:url']/@content") == [
        "https://datos.example.gt/abierto/conjuntos/prueba/cosas/"
    ]
    (picture,) = page.find("meta[@property='og:image']/@content")
    file = world.public / picture.removeprefix("https://datos.example.gt/abierto/")
    assert file.parent == world.public / "imagenes/prueba"
    assert file.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_pages_are_light(world: World) -> None:
    style = next((world.public / "recursos").glob("sitio.*.css")).stat().st_size
    for key in world.pages():
        page = world.page(key)
        scripts = sum(
            (world.public / key).parent.joinpath(src).stat().st_size for src in page.find("script/@src")
        )
        if key != "consultas/index.html":
            assert len(page.source.encode()) + style + scripts < LIGHT, key


def test_every_feed_has_what_rfc_4287_asks_for(world: World) -> None:
    feeds = sorted(world.public.rglob("noticias.xml"))
    assert len(feeds) >= 4
    for path in feeds:
        root = etree.parse(path).getroot()
        one = {"a": ATOM}
        assert root.tag == f"{{{ATOM}}}feed"
        for holder in [root, *root.findall("a:entry", one)]:
            for name in ("id", "title", "updated"):
                assert len(holder.findall(f"a:{name}", one)) == 1, (path, name)
            assert urlsplit(holder.findtext("a:id", "", one)).scheme
            assert dt.datetime.fromisoformat(holder.findtext("a:updated", "", one)).tzinfo
            assert holder.findtext("a:title", "", one).strip()
            assert holder.findtext("a:author/a:name", "", one).strip()
            alternate = [link.get("href") for link in holder.findall("a:link[@rel='alternate']", one)]
            assert len(alternate) == 1 and str(alternate[0]).startswith("https://")
        assert len(root.findall("a:link[@rel='self']", one)) == 1
        ids = [each.text for each in root.findall("a:entry/a:id", one)]
        assert len(ids) == len(set(ids))


def test_feeds_are_atom_with_what_changed(world: World) -> None:
    atom = {"a": "http://www.w3.org/2005/Atom"}
    for key in ("noticias.xml", "instituciones/prueba/noticias.xml", "conjuntos/prueba/cosas/noticias.xml"):
        feed = world.xml(key)
        assert feed.findtext("a:id", namespaces=atom) == f"https://datos.example.gt/abierto/{key}"
        entries = feed.findall("a:entry", atom)
        times = [one.findtext("a:updated", namespaces=atom) for one in entries]
        assert times == sorted(times, reverse=True) and times[0] == feed.findtext(
            "a:updated", namespaces=atom
        )
        ids = [one.findtext("a:id", namespaces=atom) for one in entries]
        assert len(ids) == len(set(ids)) >= 3
        told = " ".join(one.findtext("a:content", "", namespaces=atom) for one in entries)
        assert "filas nuevas" in told and REASON in told


def test_a_feed_entry_leads_to_its_version_in_the_page(world: World) -> None:
    feed = world.xml("conjuntos/prueba/cosas/noticias.xml")
    ids = set(world.dataset("cosas").tree.xpath("//@id"))
    links = feed.xpath("//a:entry/a:link/@href", namespaces={"a": "http://www.w3.org/2005/Atom"})
    assert {link.partition("#")[2] for link in links} <= ids


def test_the_sitemap_names_pages_that_are_there_and_robots_names_the_sitemap(world: World) -> None:
    places = world.xml("sitemap.xml").xpath("//*[local-name()='loc']/text()")
    for place in places:
        path = place.removeprefix("https://datos.example.gt/abierto/")
        assert (world.public / path / "index.html").is_file(), place
    assert "https://datos.example.gt/abierto/conjuntos/prueba/cosas/" in places
    assert not [place for place in places if "retirado" in place]
    # Every page that search engines may keep is there, none twice.
    kept = [key for key in world.pages() if not world.page(key).find("meta[@name='robots']")]
    named = [f"https://datos.example.gt/abierto/{key.removesuffix('index.html')}" for key in kept]
    assert sorted(unquote(one) for one in places) == sorted(named)
    robots = (world.public / "robots.txt").read_text()
    assert "Sitemap: https://datos.example.gt/abierto/sitemap.xml" in robots


def test_addresses_in_the_catalogues_documents_are_places_in_the_pages(world: World) -> None:
    turtle = (world.public / "catalogo/prueba/cosas/dcat-ap.ttl").read_text()
    named = set(re.findall(r"conjuntos/prueba/cosas/#([^>\s\"]+)>", turtle))
    ids = set(world.dataset("cosas").tree.xpath("//@id"))
    assert {"conjunto", "cosas.csv"} <= named & ids


def test_a_protected_value_is_told_as_protected(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    one = table(
        public, [field("lugar"), *counted()], [("a", 12, None), ("b", None, "suprimido"), ("c", 0, None)]
    )
    site = Site(
        Catalogue("http://x/", (entry(one),), ()),
        public,
        Project(tmp_path),
        dt.date(2026, 1, 1),
    )
    shown = pieces.shown(site, one)
    assert shown is not None and shown.protected
    assert [line[1] for line in shown.rows] == [("12", "n"), ("protegido", "s"), ("0", "n")]


@pytest.mark.parametrize("name", ["calidad.html", "privacidad.html"])
def test_a_report_leads_back_to_the_page_of_its_dataset(world: World, name: str) -> None:
    for report in world.public.glob(f"datos/prueba/*/versiones/*/{name}"):
        page = world.page(report.relative_to(world.public).as_posix())
        (link,) = [one.get("href") for one in page.find("a") if one.text == "Página de estos datos"]
        assert (report.parent / link).resolve().is_file(), page.key
