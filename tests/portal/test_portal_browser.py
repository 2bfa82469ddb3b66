"""The portal as people meet it: in Chromium, by keyboard, on a telephone, without scripts, read aloud."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from build_scene import ARGUMENTS, CHROMIUM, served
from page_scene import World, made

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine"),
]

MAIN = [
    "", "buscar/", "conjuntos/prueba/cosas/", "conjuntos/prueba/hostil/tablas/lugares/",
    "conjuntos/prueba/retirado/", "instituciones/prueba/", "guias/glosario/", "api/", "404.html",
]  # fmt: skip
"""The pages that are looked at: one of each kind."""

TELEPHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
LIGHT = 300_000
"""Bytes that a page may weigh, with everything that it fetches by itself."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("navegado") / "estado"
    folder.mkdir()
    return made(folder)


@pytest.fixture(scope="module")
def site(world: World) -> Iterator[str]:
    with served(world.folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@contextmanager
def opened(browser: Any, site: str, **more: Any) -> Iterator[Any]:
    """A page of a new profile. Nothing of another host may be asked for, and nothing may be complained of."""
    context = browser.new_context(**{"viewport": DESK, "accept_downloads": True, **more})
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    yield page
    context.close()
    assert {urlsplit(one).netloc for one in asked} == {urlsplit(site).netloc}
    assert wrong == []


@pytest.fixture
def page(browser: Any, site: str) -> Iterator[Any]:
    with opened(browser, site) as one:
        yield one


def until(page: Any, expression: str) -> None:
    """Wait, a frame at a time, for what holds in the page; the page's policy lets no text be run in it."""
    frame = f"new Promise(done => requestAnimationFrame(() => done(Boolean({expression}))))"
    for _ in range(600):
        if page.evaluate(frame):
            return
    raise AssertionError(f"never came true: {expression}")


def results(page: Any) -> list[str]:
    """Titles of what the search found, once it has answered."""
    page.wait_for_selector("#lista[aria-busy=false]", state="attached")
    return list(page.eval_on_selector_all("#lista .title", "all => all.map(one => one.textContent)"))


def searched(page: Any, site: str, words: str) -> list[str]:
    page.goto(f"{site}buscar/?q={words}")
    return results(page)


@pytest.mark.parametrize("words", ["institucion de prueba", "INSTITUCIÓN", "instituciones"])
def test_accents_case_and_plural_do_not_matter_to_the_search(page: Any, site: str, words: str) -> None:
    assert any("cosas" in title.lower() for title in searched(page, site, words))


def test_what_nobody_published_is_not_found_and_the_page_says_so(page: Any, site: str) -> None:
    assert searched(page, site, "ornitorrincos") == []
    assert "Nada coincide" in page.inner_text("#estado")


def test_from_the_home_page_to_a_filtered_result_and_its_page(page: Any, site: str) -> None:
    page.goto(site)
    page.fill("#q", "institucion")
    page.press("#q", "Enter")
    all_ = results(page)
    page.check("input[name='Licencia'][value='Sin declarar']")
    left = results(page)
    assert "Licencia=Sin+declarar" in page.url, "a filtered search can be shared"
    assert 0 < len(left) < len(all_)
    page.click("#lista a")
    page.wait_for_selector("#conjunto")
    assert "La fuente no declara ninguna licencia" in page.inner_text("#condiciones")


def test_a_shared_search_shows_the_same(page: Any, site: str) -> None:
    page.goto(f"{site}buscar/?q=institucion&Licencia=Sin+declarar")
    results(page)
    assert page.is_checked("input[name='Licencia'][value='Sin declarar']")


def test_hostile_words_found_by_the_search_are_words(page: Any, site: str) -> None:
    found = searched(page, site, "ñandu")
    assert any("<script>alert(1)</script>" in title for title in found)
    assert page.query_selector("#lista script") is None


def test_each_format_is_downloaded_and_has_the_checksum_that_the_page_tells(
    page: Any, site: str, tmp_path: Path
) -> None:
    page.goto(f"{site}conjuntos/prueba/cosas/")
    rows = page.query_selector_all("#descargas tbody tr")
    formats = set()
    for row in rows:
        with page.expect_download() as download:
            row.query_selector("a").click()
        target = tmp_path / download.value.suggested_filename
        download.value.save_as(target)
        formats.add(target.suffix)
        assert hashlib.sha256(target.read_bytes()).hexdigest() == row.query_selector(".sum").inner_text()
    assert formats == {".csv", ".json", ".xml", ".parquet", ".xlsx"}


def test_a_chart_is_told_in_words_and_as_a_table(page: Any, site: str) -> None:
    page.goto(f"{site}conjuntos/prueba/cosas/")
    image = page.query_selector(".chart img")
    image.scroll_into_view_if_needed()
    until(page, "document.querySelector('.chart img').naturalWidth > 0")
    assert len(image.get_attribute("alt")) > 40
    page.click(".chart summary")
    assert page.is_visible(".chart table")


def test_by_keyboard_alone_from_the_first_key_to_a_dataset(page: Any, site: str) -> None:
    page.goto(f"{site}buscar/")
    assert results(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("!!document.activeElement.closest('#lista a')"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "what has the focus is seen"
    page.keyboard.press("Enter")
    page.wait_for_selector("#conjunto")


def test_a_filter_keeps_the_focus_when_the_results_change(page: Any, site: str) -> None:
    page.goto(f"{site}buscar/?q=institucion")
    results(page)
    page.focus("input[value='Sin declarar']")
    page.keyboard.press("Space")
    until(page, "location.search.includes('Licencia')")
    results(page)
    assert page.evaluate("document.activeElement.value") == "Sin declarar"


def test_a_wide_table_scrolls_by_keyboard_inside_its_own_region(browser: Any, site: str) -> None:
    with opened(browser, site, viewport=TELEPHONE) as page:
        page.goto(f"{site}conjuntos/prueba/cosas/")
        page.focus("#vista-previa .scroll")
        page.keyboard.press("ArrowRight")
        until(page, "document.querySelector('#vista-previa .scroll').scrollLeft > 0")


@pytest.mark.parametrize("where", MAIN)
def test_on_a_telephone_no_page_is_wider_than_the_screen(browser: Any, site: str, where: str) -> None:
    with opened(browser, site, viewport=TELEPHONE) as page:
        page.goto(site + where)
        assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]


def test_without_scripts_everything_but_the_search_is_there(browser: Any, site: str) -> None:
    with opened(browser, site, java_script_enabled=False) as page:
        page.goto(site)
        page.fill("#q", "cosas")
        page.press("#q", "Enter")
        page.wait_for_url("**/buscar/?q=cosas")
        assert page.is_visible("noscript p")
        page.click("#todos a[href$='/conjuntos/prueba/hostil/']")
        page.click("nav[aria-label='Tablas de este conjunto'] a:not([aria-current])")
        assert page.is_visible("#vista-previa table")
        page.go_back()
        page.click("summary:has-text('Estoy en estos datos')")
        assert page.is_visible("#estoy-en-estos-datos p")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("where", MAIN)
def test_axe_finds_nothing(browser: Any, site: str, where: str, scheme: str) -> None:
    with opened(browser, site, color_scheme=scheme) as page:
        page.goto(site + where)
        assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("report", ["Informe de calidad completo", "Certificado de privacidad"])
def test_axe_finds_nothing_in_the_reports_of_a_release(
    browser: Any, site: str, report: str, scheme: str
) -> None:
    with opened(browser, site, color_scheme=scheme) as page:
        page.goto(f"{site}conjuntos/prueba/cosas/")
        page.click(f"text={report}")
        page.wait_for_selector("header.top .kind")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") is (scheme == "light")
        assert violations(page) == []


def test_axe_would_find_something(browser: Any, site: str) -> None:
    with opened(browser, site) as page:
        page.goto(site)
        page.evaluate("document.querySelector('label[for=q]').remove(); document.documentElement.lang = ''")
        page.evaluate("document.querySelector('input').placeholder = ''")
        assert {"label", "html-has-lang"} <= {name for name, _ in violations(page)}


def violations(page: Any) -> list[tuple[str, str]]:
    """What axe-core holds against a page: rule and first element (WCAG 2.2 A and AA, best practice)."""
    from axe_playwright_python.sync_playwright import Axe

    wanted = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": wanted, "resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


@pytest.mark.parametrize("where", [one for one in MAIN if one != "404.html"])
def test_a_page_weighs_little_with_all_that_it_fetches(browser: Any, site: str, where: str) -> None:
    sizes: list[int] = []
    with opened(browser, site) as page:
        page.on("response", lambda response: sizes.append(len(response.body())))
        page.goto(site + where, wait_until="networkidle")
        if where == "buscar/":
            results(page)
    assert sum(sizes) < LIGHT


def test_on_paper_nothing_is_hidden_in_a_scrolling_box(page: Any, site: str) -> None:
    page.goto(f"{site}conjuntos/prueba/cosas/")
    page.emulate_media(media="print")
    assert not page.is_visible("nav.toc")
    styles = page.evaluate("getComputedStyle(document.querySelector('#vista-previa .scroll')).overflow")
    assert styles == "visible"


def test_a_moved_or_withdrawn_address_says_so_and_leads_on(page: Any, site: str) -> None:
    page.goto(f"{site}conjuntos/prueba/retirado/")
    assert "fue retirado" in page.inner_text("h1")
    assert re.search("columna de montos", page.inner_text("main"))
    page.click("text=Ver los datos disponibles")
    page.wait_for_url("**/buscar/")


def test_on_a_telephone_the_dictionary_is_read_without_scrolling_aside(browser: Any, site: str) -> None:
    with opened(browser, site, viewport=TELEPHONE) as page:
        page.goto(f"{site}conjuntos/prueba/cosas/")
        right = page.eval_on_selector_all(
            ".dictionary :is(th, td)",
            "all => Math.max(...all.map(one => one.getBoundingClientRect().right))",
        )
        assert 0 < right <= TELEPHONE["width"]


def test_an_excerpt_says_where_it_was_cut(page: Any, site: str) -> None:
    searched(page, site, "contratos")
    told = page.eval_on_selector_all("#lista p:has(mark)", "all => all.map(one => one.textContent.trim())")
    assert told
    assert all(re.match(r"… |[A-ZÁÉÍÓÚÑ0-9¿¡«]", one) and re.search(r"( …|[.?!»)])$", one) for one in told)
