"""A whole site for the tests of pages: hostile words, several versions, withdrawals, a protected dataset."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import html5lib
from build_scene import HOME, built
from catalogue_scene import HOSTILE, REASON, Scene, publish_all
from lxml import etree

__all__ = ["HOSTILE", "REASON", "Page", "World", "made"]


@dataclasses.dataclass(frozen=True)
class Page:
    """A page as a browser reads it."""

    key: str
    source: str
    tree: Any

    def find(self, path: str) -> list[Any]:
        """What an XPath below the document finds."""
        return list(self.tree.xpath(f"//{path}"))

    @property
    def text(self) -> str:
        """What a reader sees, blanks made single."""
        return " ".join(" ".join(self.find("body")[0].itertext()).split())

    def section(self, name: str) -> str:
        """The text of the section with that id."""
        (found,) = self.find(f"section[@id='{name}']")
        return " ".join("".join(found.itertext()).split())


@dataclasses.dataclass(frozen=True)
class World:
    """A published project with its site."""

    folder: Path
    versions: dict[str, str]

    @property
    def public(self) -> Path:
        """The folder of the public bucket."""
        return self.folder / "public"

    def pages(self) -> list[str]:
        """Keys of the site's pages, without those that go with each release."""
        found = [path.relative_to(self.public).as_posix() for path in self.public.rglob("*.html")]
        return sorted(key for key in found if not key.startswith("datos/"))

    def page(self, key: str) -> Page:
        """A page, read strictly: what is no valid HTML fails."""
        data = (self.public / key).read_bytes()
        parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("lxml"), namespaceHTMLElements=False)
        tree = parser.parse(data, transport_encoding="utf-8")
        wrong = [(place, code) for place, code, _ in parser.errors]
        assert wrong == [], f"{key} is no valid HTML: {wrong[:3]}"
        return Page(key, data.decode(), tree)

    def dataset(self, name: str) -> Page:
        """The page of a dataset."""
        return self.page(f"conjuntos/prueba/{name}/index.html")

    def xml(self, key: str) -> Any:
        """An XML document of the site."""
        return etree.fromstring((self.public / key).read_bytes())


def made(folder: Path, **more: Any) -> World:
    """Publish and build."""
    scene = Scene(folder)
    (folder / "public").mkdir()
    for name in ("templates", "assets", "guides"):
        shutil.copytree(HOME / "include/portal" / name, folder / "home/include/portal" / name)
    versions = publish_all(scene)
    result = built(folder, **more)
    assert result.problems == {}
    return World(folder, versions)
