"""Invented people with numbers that have the right form: surnames are plants, serials are out of use.

CUI and NIT check digits follow RENAP and SAT: CUI check = (sum of d[i] * (i + 2), i = 0..7) mod 11, ten
is never valid; NIT check = (-sum of digits from the right times 2, 3, 4 ...) mod 11, ten is K.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from apertura_demo.territory import MUNICIPALITIES_PER_DEPARTMENT

WOMEN = ("Ana Lucía", "María José", "Ixchel", "Rosa Elena", "Begoña", "Nicté", "Olga Marina", "Inés", "Sofía")
MEN = (
    "Juan Andrés",
    "José Ángel",
    "Balam",
    "Íñigo",
    "Carlos Raúl",
    "Mateo",
    "Óscar René",
    "Tomás",
    "Benjamín",
)
SURNAMES = (
    "Matilisguate", "Jacaranda", "Izote", "Pinabete", "Tamarindo", "Chipilín", "Guayacán", "Ceibal",
    "Caoba", "Jocotal", "Ñamera", "Zapotal", "Conacaste", "Loroco", "Cardamomo", "Pacaya", "Güisquil",
    "Piñuelar", "Nancital", "Cushín", "Palo Blanco", "Amatal", "Ramón Bravo", "Castaño Silvestre",
)  # fmt: skip
STREETS = ("Calle de los Izotes", "Avenida Las Jacarandas", "Callejón del Nance", "Calle Real", "Diagonal 6")
CUI_SERIALS = (90_000_000, 99_999_999)
"""Serials far above those in use, so that no generated CUI is anybody's."""
NIT_BODIES = (980_000_000, 999_999_999)
"""Bodies far above those in use, so that no generated NIT is anybody's."""


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist. `cui` is 13 digits, `nit` the body with its check digit, no hyphen."""

    given: str
    surname: str
    sex: str
    birth: dt.date
    cui: str
    nit: str
    mobile: str
    address: str

    @property
    def name(self) -> str:
        """Given names and surnames, with accents."""
        return f"{self.given} {self.surname}"


def cui_check_digit(serial: str) -> int:
    """Check digit of the eight digits of a CUI's serial; 10 means that no CUI has this serial."""
    return sum(int(digit) * (place + 2) for place, digit in enumerate(serial)) % 11


def nit_check_digit(body: str) -> str:
    """Check digit of a NIT's body: `0` to `9` or `K`."""
    total = sum(int(digit) * factor for factor, digit in enumerate(reversed(body), start=2))
    check = -total % 11
    return "K" if check == 10 else str(check)


def make_cui(rng: random.Random) -> str:
    """A valid CUI of nobody: serial out of use, right check digit, an existing municipality."""
    while True:
        serial = f"{rng.randint(*CUI_SERIALS):08d}"
        check = cui_check_digit(serial)
        if check != 10:
            break
    department = rng.randint(1, len(MUNICIPALITIES_PER_DEPARTMENT))
    municipality = rng.randint(1, MUNICIPALITIES_PER_DEPARTMENT[department - 1])
    return f"{serial}{check}{department:02d}{municipality:02d}"


def make_nit(rng: random.Random) -> str:
    """A valid NIT of nobody, without hyphen."""
    body = str(rng.randint(*NIT_BODIES))
    return body + nit_check_digit(body)


def make_mobile(rng: random.Random) -> str:
    """Eight digits of a mobile line (first digit 3, 4 or 5)."""
    return f"{rng.choice('345')}{rng.randint(0, 9_999_999):07d}"


def make_landline(rng: random.Random) -> str:
    """Eight digits of a fixed line (first digit 2, 6 or 7)."""
    return f"{rng.choice('267')}{rng.randint(0, 9_999_999):07d}"


def make_address(rng: random.Random) -> str:
    """A street, a house number and a zone."""
    return f"{rng.choice(STREETS)} {rng.randint(1, 30)}-{rng.randint(1, 99):02d} zona {rng.randint(1, 12)}"


def make_person(rng: random.Random, *, born: tuple[dt.date, dt.date] | None = None) -> Person:
    """Somebody invented, born between the two dates (by default of age in 2020)."""
    first, last = born or (dt.date(1950, 1, 1), dt.date(2000, 12, 31))
    sex = rng.choice("FM")
    surnames = rng.sample(SURNAMES, 2)
    return Person(
        given=rng.choice(WOMEN if sex == "F" else MEN),
        surname=" ".join(surnames),
        sex=sex,
        birth=first + dt.timedelta(days=rng.randint(0, (last - first).days)),
        cui=make_cui(rng),
        nit=make_nit(rng),
        mobile=make_mobile(rng),
        address=make_address(rng),
    )
