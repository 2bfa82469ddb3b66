"""Canaries: fake people planted in extracts, plain and encoded, whose values must never be published.

`python -m apertura_demo.canary scan PATH…` searches files and folders for them (see scan.py); exit code
1 means that something was found. `plant` only makes the texts: the generators put them in their places.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from apertura_demo.people import Person, cui_check_digit, nit_check_digit


@dataclass(frozen=True)
class Needle:
    """One value to search for. `id` may be printed, `value` may not."""

    id: str
    kind: str  # name, word, cui, nit, phone, email, address
    value: str


@dataclass(frozen=True)
class Canary:
    """A fake person with a role in the extracts."""

    role: str
    person: Person

    @property
    def email(self) -> str:
        """An address under a domain that cannot exist (RFC 2606)."""
        words = plain_letters(self.person.name).split()
        return f"{words[0]}.{words[-1]}@correo.invalid"

    @property
    def needles(self) -> list[Needle]:
        """Everything of this person that would be a leak, each surname by itself too."""
        person = self.person
        words = [
            Needle(f"{self.role}-apellido-{place}", "word", word)
            for place, word in enumerate(person.surname.split(), start=1)
        ]
        return [
            Needle(f"{self.role}-nombre", "name", person.name),
            Needle(f"{self.role}-nombre-apellidos-primero", "name", f"{person.surname} {person.given}"),
            *words,
            Needle(f"{self.role}-cui", "cui", person.cui),
            Needle(f"{self.role}-nit", "nit", person.nit),
            Needle(f"{self.role}-movil", "phone", person.mobile),
            Needle(f"{self.role}-correo", "email", self.email),
            Needle(f"{self.role}-direccion", "address", person.address),
        ]


@dataclass(frozen=True)
class Canaries:
    """All fake people of a planting."""

    people: tuple[Canary, ...]

    def of(self, role: str) -> Canary:
        """The canary of that role; KeyError when there is none."""
        for canary in self.people:
            if canary.role == role:
                return canary
        raise KeyError(role)

    @property
    def needles(self) -> list[Needle]:
        """What a scan searches for."""
        return [needle for canary in self.people for needle in canary.needles]


# Surnames that occur in no language, in two words each, with an accent and an eñe among them.
_SURNAMES = {
    "director": ("Zarzañoquix", "Tzolkinbalá"),
    "supervisor": ("Quetzuñimal", "Xocomilqué"),
    "sindicado": ("Ixñumbatoc", "Cuchumaquél"),
    "victima": ("Ñajtuncabal", "Pixcayaquím"),
    "juez": ("Yaxñocholum", "Ucanalbatz"),
    "funcionario": ("Tikñolobaj", "Mixtumelqué"),
}


def _canary(index: int, role: str, surnames: tuple[str, str]) -> Canary:
    serial = next(
        text for n in range(99_000_000 + index * 1000, 99_999_999) if cui_check_digit(text := str(n)) != 10
    )
    body = str(999_000_001 + index * 77)
    return Canary(
        role,
        Person(
            given=("Ixkík Bárbara", "Nahúm Iñaki")[index % 2],
            surname=" ".join(surnames),
            sex="FM"[index % 2],
            birth=dt.date(1971 + index, 2, 3 + index),
            cui=f"{serial}{cui_check_digit(serial)}{index + 1:02d}01",
            nit=body + nit_check_digit(body),
            mobile=f"5{9_081_726 - index * 13_577:07d}",
            address=f"Callejón del Canario Perdido {77 + index}-{61 - index} zona {index + 11}",
        ),
    )


def default_canaries() -> Canaries:
    """The fake people that generators plant and scans look for: always the same."""
    return Canaries(
        tuple(_canary(index, role, words) for index, (role, words) in enumerate(_SURNAMES.items()))
    )


def plain_letters(text: str) -> str:
    """`text` in lower case without any mark, eñe included."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def encodings(value: str) -> dict[str, str]:
    """Ways in which a value survives a naive search, by the name of the way.

    `reversed` turns letters round, `words-reversed` the order of the words; the rest say it.
    """
    unaccented = plain_letters(value).upper()
    return {
        "plain": value,
        "upper": value.upper(),
        "no-accents": unaccented,
        "base64": base64.b64encode(value.encode()).decode(),
        "base64-url": base64.urlsafe_b64encode(f"nombre={value};".encode()).decode().rstrip("="),
        "hex": value.encode().hex(),
        "reversed": value[::-1],
        "words-reversed": " ".join(reversed(value.split())),
        "spaced": " ".join(value.replace(" ", "")),
        "hyphens": "-".join(
            value.split() if " " in value else filter(None, (value[:4], value[4:9], value[9:]))
        ),
        "url": quote(value, safe=""),
        "json": value.encode("ascii", "backslashreplace").decode().replace("\\x", "\\u00"),
        "entities": "".join(c if c.isascii() else f"&#{ord(c)};" for c in value),
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line: scan paths for the default canaries."""
    from apertura_demo.scan import scan

    parser = argparse.ArgumentParser(prog="python -m apertura_demo.canary", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    search = commands.add_parser("scan", help="search files and folders; exit 1 when something is found")
    search.add_argument("paths", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    findings = scan(options.paths, default_canaries())
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
