"""Files that a source offers: the links of its index page, and the partition that a file's name means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

import lxml.etree
import lxml.html

from apertura.contract import Contract
from apertura.contract.intake import IndexEntries
from apertura.errors import ContractError, ReaderError, SourceError

MAX_INDEX_BYTES = 20_000_000
MAX_NAME = 200
_KEYS = {"month": re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII), "year": re.compile(r"\d{4}", re.ASCII)}
_KEY_MEANT = {"month": "YYYY-MM", "year": "YYYY"}


def linked_names(page: Path, url: str, *, what: str) -> list[str]:
    """Names of the files in the index page's own folder that it links, sorted; hostile names are left out.

    `url` is where the page was found. SourceError when it is no HTML page.
    """
    try:
        document = lxml.html.document_fromstring(page.read_bytes())
    except (lxml.etree.LxmlError, ValueError):
        document = None
    if document is None:
        raise SourceError(f"{what} is no HTML page", hint="open the landing page and see what changed there")
    bases = [element.get("href") for element in document.iter("base")]
    base = _joined(url, bases[0] or "") if bases else url
    here = urlsplit(url)
    names = set()
    for element in document.iter("a"):
        name = _name_in(here, _joined(base, element.get("href") or ""))
        if name is not None:
            names.add(name)
    return sorted(names)


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""


def _name_in(here: SplitResult, link: str) -> str | None:
    """The decoded name of a link to a file of the same folder, None for anything else."""
    try:
        there = urlsplit(link)
        same = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
    except ValueError:
        return None
    folder, _, last = there.path.rpartition("/")
    if not same or there.username is not None or there.query:
        return None
    if unquote(folder) != unquote(here.path.rpartition("/")[0]):
        return None
    name = unquote(last, errors="replace")
    return name if is_plain_name(name) else None


def listed_files(page: Path, url: str, entries: IndexEntries, *, what: str) -> list[tuple[str, str]]:
    """Files that an index in JSON lists: what the contract knows each by, and its address.

    `url` is where the index was found; relative addresses count from there. An entry without an address or
    name is passed over: it offers nothing yet. SourceError when the index is no such JSON.
    """
    from apertura.readers.json_paths import getter
    from apertura.readers.json_stream import records

    link, names = getter(entries.link, ""), [getter(path, "") for path in entries.name]
    found: dict[tuple[str, str], None] = {}
    sound = True
    try:
        for entry in records(page, [entries.at], what):
            parts = [(take([entry]) or "").strip() for take in names]
            address = _joined(url, link([entry]) or "")
            if not all(parts) or not (link([entry]) or "").strip():
                continue
            name = "-".join(part.zfill(2) if part.isdigit() else part for part in parts)
            found[name, address] = None
    except ReaderError:
        sound = False
    if not sound:
        raise SourceError(
            f"{what} is no JSON of the declared shape",
            hint="open the landing page and see what changed there; mend `source.entries` in the contract",
        )
    return list(found)


def is_plain_name(name: str) -> bool:
    """Whether this is the name of a file and nothing else: no folder, no hidden or control characters."""
    return (
        0 < len(name) <= MAX_NAME
        and not name.startswith(".")
        and not any(character in "/\\\ufffd" for character in name)
        and not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name)
    )


def file_url(index_url: str, name: str) -> str:
    """The URL of a file beside the index page."""
    return urljoin(index_url, quote(name, safe=""))


def declared_url(base_url: str, path: str) -> str:
    """The URL of a path that the contract declares: as typed, or percent-encoded already."""
    place, mark, query = path.partition("?")
    return base_url + quote(place, safe="/%:@!$&'()*+,;=~") + mark + quote(query, safe="/%:@!$&'()*+,;=~?")


def partition_of(contract: Contract, name: str) -> str | None:
    """The partition that a file's name means, None when the contract does not recognise the name.

    ContractError when `partitions` cannot be used: no regular expression, or a key that names no group.
    """
    groups = groups_of_name(contract, name)
    return key_of(contract, groups) if groups is not None else None


def may_be_named(contract: Contract, name: str) -> bool:
    """Whether `partitions.file` fits the name: all that a random name tells."""
    return groups_of_name(contract, name) is not None


def groups_of_name(contract: Contract, name: str) -> dict[str, str | None] | None:
    """The groups that `partitions.file` finds in a name; None when it does not fit."""
    if contract.partitions is None:
        return None
    found = _compiled(contract, contract.partitions.file, "partitions.file").fullmatch(name)
    return found.groupdict() if found else None


def key_of(contract: Contract, groups: Mapping[str, str | None]) -> str | None:
    """The partition's key that these groups make, None when they make none.

    ContractError when `partitions.key` names no group.
    """
    if contract.partitions is None or None in groups.values():
        return None
    try:
        key = contract.partitions.key.format(**groups)
    except (KeyError, IndexError, ValueError, AttributeError):
        key = None
    if key is None:
        raise ContractError(
            f"{contract.id}: `partitions.key` does not fit the groups of `partitions.file`",
            hint="write the groups' names in braces, as {anio}-{mes}",
        )
    return key if _KEYS[contract.partitions.by].fullmatch(key) else None


def is_key(contract: Contract, key: str) -> bool:
    """Whether this is the form of a partition's key in a dataset that arrives in partitions."""
    return contract.partitions is not None and _KEYS[contract.partitions.by].fullmatch(key) is not None


def key_form(contract: Contract) -> str:
    """How a partition's key is written, as YYYY-MM; empty for a dataset that arrives whole."""
    return _KEY_MEANT[contract.partitions.by] if contract.partitions is not None else ""


def chosen(contract: Contract, names: list[str], link: str | None) -> dict[str, list[str]]:
    """File names by partition: by `link` all under `_`, else by `partitions`. SourceError when none fits."""
    by_partition: dict[str, list[str]] = {}
    for name in names:
        if link is not None:
            key = "_" if _compiled(contract, link, "source.link").fullmatch(name) else None
        else:
            key = partition_of(contract, name)
        if key is not None:
            by_partition.setdefault(key, []).append(name)
    if not by_partition:
        meant = _KEY_MEANT[contract.partitions.by] if contract.partitions else ""
        raise SourceError(
            f"{contract.id}: none of the {len(names)} files that the source's index links is recognised"
            + (f" as a partition {meant}" if meant else ""),
            hint="open the landing page: when its names changed, mend the pattern in the contract",
        )
    return by_partition


def _compiled(contract: Contract, pattern: str, key: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error:
        pass
    raise ContractError(f"{contract.id}: `{key}` is no regular expression", hint="mend it in the contract")
