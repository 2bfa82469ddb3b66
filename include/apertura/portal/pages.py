"""Every page of the portal: those of one dataset, and those that many share."""

from __future__ import annotations

from apertura.catalogue.model import Entry
from apertura.portal.page_dataset import dataset_pages
from apertura.portal.page_guides import guide_pages
from apertura.portal.page_home import home_page
from apertura.portal.page_lists import institution_pages, search_page, theme_pages
from apertura.portal.page_plain import plain_pages
from apertura.portal.site import Artifact, Site

__all__ = ["entry_pages", "shared_pages"]


def entry_pages(entry: Entry, site: Site) -> list[Artifact]:
    """The pages of one dataset and what they name (charts, pictures, downloads).

    They depend on its entry, the site's settings and the state of its calendar, and on no other
    dataset.
    """
    return dataset_pages(entry, site)


def shared_pages(site: Site) -> list[Artifact]:
    """The pages that tell of many datasets, and those that tell of none."""
    return [
        *plain_pages(site),
        *guide_pages(site),
        *theme_pages(site),
        *institution_pages(site),
        search_page(site),
        home_page(site),
    ]
