"""Pages that tell of no dataset in particular: how we anonymise, API, about, not found."""

from __future__ import annotations

from apertura.portal.render import Head, page
from apertura.portal.site import Artifact, Site, page_key


def plain_pages(site: Site) -> list[Artifact]:
    """como-anonimizamos/, api/, acerca-de/ and 404.html."""
    example = next(iter(site.catalogue.published), None)
    return [
        page(
            site,
            page_key("como-anonimizamos"),
            "anonymise.html",
            Head(
                title="Cómo anonimizamos",
                description="Qué se hace para que los datos no señalen a nadie, y qué ataques se prueban.",
                kind="article",
            ),
            protected=[entry for entry in site.catalogue.published if entry.protected],
        ),
        page(
            site,
            page_key("api"),
            "api.html",
            Head(
                title="API y catálogo",
                description="Direcciones estables, formatos del catálogo y sumas de comprobación.",
                kind="article",
            ),
            example=example,
            base=site.catalogue.base,
        ),
        page(
            site,
            page_key("acerca-de"),
            "about.html",
            Head(title="Acerca de Apertura", description="Qué es Apertura y cómo trabaja.", kind="article"),
        ),
        page(
            site,
            "404.html",
            "missing.html",
            Head(title="No encontramos esta página", description="Página no encontrada.", index=False),
        ),
    ]
