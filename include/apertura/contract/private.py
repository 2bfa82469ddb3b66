"""Whether a text that a maintainer writes into a public file holds a person's number or address.

Files beside a contract are published as they are, so no detector of the engine sees them: this is the same
rule in few words, without names. Source: docs/privacy.md; CUI as sql/clean/cui.sql.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

_MUNICIPALITIES = (17, 8, 16, 16, 14, 14, 19, 8, 24, 21, 9, 30, 33, 21, 8, 17, 14, 5, 11, 11, 7, 17)
"""Of departments 01 to 22 (INE)."""
_EMAIL = re.compile(r"[\w.%+-] ?@ ?[\w-]+(\.[\w-]+)*\.[^\W\d_]{2,}")
_GROUPED = re.compile(r"(?<![\d.,])\d+(?:[\s._/-]{1,3}\d+)+(?!\d)")
_MOBILE = re.compile(
    r"(?<!\d)[345]\d{3} ?[-.‐-―] ?\d{4}(?!\d)|(?<!\d)(00|\+)?502\)?[ .-]{0,2}[345]\d{3}[ .-]?\d{4}(?!\d)"
    r"|(?i:cel|tel|m[oó]vil|what?s|llam)[^\d]{0,12}[345]\d(?:[ .-]?\d){6}(?!\d)"
)
_DECIMAL = re.compile(r"-?\d+\.\d+")


def holds_number_of_person(text: str) -> bool:
    """Whether a valid CUI, 13 digits in groups, an e-mail address or a mobile stands in the text."""
    read = unicodedata.normalize("NFKC", f"{text} y {unquote(text)}")
    if any(is_cui(run) for run in re.findall(r"\d+", read)):
        return True
    if _EMAIL.search(read) or _MOBILE.search(read):
        return True
    return _DECIMAL.fullmatch(text) is None and any(13 in _lengths(chain) for chain in _GROUPED.findall(read))


def is_cui(digits: str) -> bool:
    """Whether these are 13 digits, zeros before them aside, with a CUI's check digit and municipality."""
    digits = digits if len(digits) == 13 else digits.lstrip("0")
    if len(digits) != 13:
        return False
    check = sum(int(digit) * (place + 2) for place, digit in enumerate(digits[:8])) % 11
    department, municipality = int(digits[9:11]), int(digits[11:])
    known = 1 <= department <= len(_MUNICIPALITIES) and 1 <= municipality <= _MUNICIPALITIES[department - 1]
    return known and check == int(digits[8])


def _lengths(chain: str) -> set[int]:
    """How many digits stand in two or more groups next to each other."""
    groups = [len(group) for group in re.findall(r"\d+", chain)]
    return {
        sum(groups[first:last]) for first in range(len(groups)) for last in range(first + 2, len(groups) + 1)
    }
