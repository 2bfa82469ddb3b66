"""The catalogue: what is published, read from the releases themselves and told in every standard."""

from apertura.catalogue.model import Catalogue, DataFile, Entry, Publisher, Table, Version
from apertura.catalogue.read import read_catalogue, read_entry

__all__ = [
    "Catalogue",
    "DataFile",
    "Entry",
    "Publisher",
    "Table",
    "Version",
    "read_catalogue",
    "read_entry",
]
