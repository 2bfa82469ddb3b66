"""How good the detectors are: texts of known content, hard ones among them; precision and recall.

The set is made here, the same each time, from names and templates of its own (labelled_words.py): about a
fifth of its names stand in no list of the detector, as in a real register.
`python -m apertura_demo.labelled` writes docs/detectors.md.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from apertura.contract import Project
from apertura.detect import Column, count_kinds
from apertura.prepare.vocabulary import define
from apertura.spanish import MONTHS
from apertura_demo import labelled_words as words
from apertura_demo.people import make_cui, make_landline, make_mobile, make_nit

HOME = Path(__file__).resolve().parents[2]
PAGE = HOME / "docs" / "detectors.md"
SEED = 57_2008
PER_CELL = 300
"""Values with and without a finding, in each kind and type of column."""

AIMS = {
    "cui": (0.98, 0.99), "email": (0.98, 0.99), "phone": (0.0, 0.99), "name": (0.0, 0.95),
}  # fmt: skip
"""Kind -> least precision and recall, over all types of columns."""


@dataclass(frozen=True)
class Cell:
    """One kind in one type of column: values that hold one, others, and what the column is called."""

    kind: str
    column: str
    words: str
    holding: Callable[[random.Random], str]
    clean: Callable[[random.Random], str]


@dataclass(frozen=True)
class Measured:
    """What the detector made of a cell."""

    cell: Cell
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of findings that are ones; 1 without any."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """Share of what is there that is found."""
        return self.right / (self.right + self.missed)


def person(rng: random.Random) -> str:
    """A name in one of the ways in which registers write it."""
    given = rng.sample(words.GIVEN, rng.choice([1, 2, 2, 2]))
    surnames = rng.sample(words.SURNAMES, rng.choice([1, 2, 2, 2]))
    name = rng.choice(
        [
            f"{' '.join(given)} {' '.join(surnames)}",
            f"{' '.join(surnames)}, {' '.join(given)}",
            f"{' '.join(surnames)} {' '.join(given)}",
        ]
    )
    return rng.choice([name, name.upper(), words.plain(name).upper()])


def sentence(what: Callable[[random.Random], str]) -> Callable[[random.Random], str]:
    """The value somewhere in a sentence."""
    return lambda rng: rng.choice(words.SENTENCES).format(what(rng))


def one_of(*makers: Callable[[random.Random], str]) -> Callable[[random.Random], str]:
    """Any of these."""
    return lambda rng: rng.choice(makers)(rng)


def spelt_cui(rng: random.Random) -> str:
    """As cards, forms and spreadsheets write it."""
    n = make_cui(rng)
    spaced = [
        n,
        f"{n[:4]} {n[4:9]} {n[9:]}",
        f"{n[:4]}-{n[4:9]}-{n[9:]}",
        f"{n[:4]} {n[4:]}",
        f"{n[:9]} {n[9:]}",
    ]
    return rng.choice(spaced)


def order_number(rng: random.Random) -> str:
    """Thirteen digits of something else: a wrong check digit or no municipality."""
    from apertura_demo.people import cui_check_digit

    while True:
        n = f"{rng.randint(10**12, 10**13 - 1)}"
        if int(n[8]) != cui_check_digit(n[:8]):
            return rng.choice([n, f"{n[:4]} {n[4:9]} {n[9:]}", f"OC-{n}", f"7{n}", n + "0"])


def spelt_mobile(rng: random.Random) -> str:
    """With a sign that it is a telephone, where the column gives none."""
    n = make_mobile(rng)
    return rng.choice(
        [f"{n[:4]}-{n[4:]}", f"+502 {n[:4]} {n[4:]}", f"(502){n}", f"cel. {n}", f"Tel {n[:4]} {n[4:]}"]
    )


def spelt_landline(rng: random.Random) -> str:
    """Of an office, or the number of a service."""
    n = make_landline(rng)
    return rng.choice(
        [n, f"{n[:4]}-{n[4:]}", f"PBX {n[:4]}-{n[4:]} ext. 105", "llame al 1551", "1-801-000123"]
    )


def email(rng: random.Random) -> str:
    """An address under a domain that cannot exist, or that is reserved for examples."""
    name = words.plain(f"{rng.choice(words.GIVEN)}.{rng.choice(words.SURNAMES)}").lower().replace(" ", "")
    made = f"{name}{rng.choice(['', '.', '_'])}{rng.randint(1, 99)}@{rng.choice(words.DOMAINS)}"
    return rng.choice([made, made.upper(), f"<{made}>", f"mailto:{made}"])


def spelt_nit(rng: random.Random) -> str:
    """With its hyphen, or after its word."""
    n = make_nit(rng)
    return rng.choice([f"{n[:-1]}-{n[-1]}", f"NIT {n}", f"N.I.T. {n[:-1]}-{n[-1]}", f"nit: {n}"])


def iban(rng: random.Random) -> str:
    """A valid one of nobody: the bank does not exist."""
    rest = f"XXXX01{rng.choice('0123')}0{rng.randint(0, 10**16 - 1):016d}"
    digits = "".join(str(int(c, 36)) for c in rest + "GT00")
    made = f"GT{98 - int(digits) % 97:02d}{rest}"
    return rng.choice([made, " ".join(made[i : i + 4] for i in range(0, 28, 4))])


def account(rng: random.Random) -> str:
    """An IBAN, or a number after its word."""
    n = str(rng.randint(10**9, 10**11))
    return rng.choice([iban(rng), f"cuenta monetaria No. {n}", f"Cta. de ahorro {n}", f"cuenta bancaria {n}"])


def plate(rng: random.Random) -> str:
    """Category, three digits, three consonants."""
    letters = "".join(rng.choices("BCDFGHJKLMNPRSTVWXYZ", k=3))
    return rng.choice("PCMAUO") + "-" + f"{rng.randint(0, 999):03d}{letters}"


def house(rng: random.Random) -> str:
    """Where one house is."""
    return rng.choice(words.HOUSES).format(
        a=rng.randint(1, 30), b=rng.randint(1, 30), c=rng.randint(1, 99), z=rng.randint(1, 25),
        n=rng.choice(words.ESTATES), l=rng.choice("ABCDEF"),
    )  # fmt: skip


def birth(rng: random.Random) -> str:
    """A date after words that say of what it is."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1940, 2010)
    date = rng.choice(
        [
            f"{day}/{month}/{year}",
            f"{year}-{month:02d}-{day:02d}",
            f"{day} de {MONTHS[month - 1]} de {year}",
        ]
    )
    return rng.choice(["nacido el {}", "Fecha de nacimiento: {}", "f. nac. {}", "nació el {}"]).format(date)


def coordinates(rng: random.Random) -> str:
    """A place in the country, to ten metres or better."""
    lat, lon = rng.uniform(13.8, 17.7), rng.uniform(88.3, 92.1)
    return rng.choice(
        [f"{lat:.5f}, -{lon:.5f}", f"{lat:.6f},-{lon:.6f}", f"https://mapa.example/@{lat:.5f},-{lon:.5f},17z"]
    )


def passport(rng: random.Random) -> str:
    """After its word."""
    number = rng.choice(["", "A", "AB"]) + str(rng.randint(10**6, 10**9 - 1))
    return f"{rng.choice(['pasaporte', 'Pasaporte No.', 'PASAPORTE:'])} {number}"


def _from(values: list[str]) -> Callable[[random.Random], str]:
    return lambda rng: rng.choice(values).format(
        a=rng.randint(1, 30), b=rng.randint(1, 99), y=rng.randint(2000, 2026), n=rng.randint(10_000, 99_999),
        w=rng.choice(words.SURNAMES), g=rng.choice(words.GIVEN), p=rng.choice(words.PLACES),
        m=rng.randint(1_000, 9_999), d=rng.randint(10_000_000, 99_999_999),
    )  # fmt: skip


_named, _texts = _from(words.NAMED_AFTER_PEOPLE), _from(words.HARMLESS)
_numbers, _streets = _from(words.NUMBERS), _from(words.STREETS)


def cells() -> Iterator[Cell]:
    """Every kind in the types of columns in which it matters."""
    free, code, contact = "observaciones", "numero de orden", "contacto"
    for kind, made, hard in (
        ("cui", spelt_cui, one_of(order_number, _numbers, spelt_landline)),
        ("email", email, one_of(_from(words.NEARLY_EMAIL), _texts)),
        ("phone", spelt_mobile, one_of(spelt_landline, _from(words.MODELS), order_number)),
        ("nit", spelt_nit, one_of(_from(words.MODELS), spelt_landline)),
        ("account", account, one_of(_from(words.NEARLY_ACCOUNT), _texts)),
        ("plate", plate, one_of(_from(words.MODELS), _texts)),
        ("passport", passport, one_of(order_number, _from(words.MODELS))),
        ("birth_date", birth, one_of(_from(words.DATES), _texts)),
        ("coordinates", coordinates, one_of(_from(words.AMOUNTS), _texts)),
        ("address", house, one_of(_streets, _texts, _from(words.AMOUNTS))),
    ):
        yield Cell(kind, "free text", free, sentence(made), one_of(sentence(hard), _texts, _named))
        yield Cell(kind, "code", code, made, one_of(hard, _numbers))
    yield Cell("phone", "contact", contact, lambda rng: make_mobile(rng), spelt_landline)
    yield Cell("email", "contact", contact, email, spelt_landline)
    yield Cell("cui", "contact", contact, spelt_cui, one_of(spelt_landline, order_number))
    yield Cell("address", "address", "direccion", house, _streets)
    yield Cell(
        "name", "name of a person", "nombre del beneficiario", person, one_of(_numbers, _from(words.ROLES))
    )
    yield Cell("name", "name of something", "establecimiento", person, _named)
    yield Cell("name", "free text", free, sentence(person), one_of(sentence(_named), _texts))
    yield Cell("name", "contact", contact, person, one_of(_from(words.ROLES), spelt_landline))
    yield Cell("name", "place", "lugar", person, one_of(_from(words.PLACES), _streets))
    yield Cell("name", "product", "producto", person, one_of(_texts, _from(words.MODELS)))


def measure() -> list[Measured]:
    """Every cell with the values of one seed."""
    result = []
    with duckdb.connect(config={"threads": 2}) as connection:
        define(connection, Project(HOME).dataset("sat/importacion-vehiculos"))
        connection.execute("CREATE TABLE valores (v VARCHAR)")
        for number, cell in enumerate(cells()):
            rng = random.Random(SEED + number)
            holding = [cell.holding(rng) for _ in range(PER_CELL)]
            clean = [cell.clean(rng) for _ in range(PER_CELL)]
            right, wrong = (_hits(connection, cell, values) for values in (holding, clean))
            result.append(Measured(cell, right, wrong, PER_CELL - right))
    return result


def _hits(connection: duckdb.DuckDBPyConnection, cell: Cell, values: list[str]) -> int:
    connection.execute("DELETE FROM valores")
    connection.executemany("INSERT INTO valores VALUES (?)", [[value] for value in values])
    return count_kinds(connection, "valores", [Column("v", cell.words)], [cell.kind])[0].hits


def overall(measured: list[Measured], kind: str) -> Measured:
    """A kind over all types of columns."""
    own = [one for one in measured if one.cell.kind == kind]
    return Measured(
        own[0].cell, sum(o.right for o in own), sum(o.wrong for o in own), sum(o.missed for o in own)
    )


def unlisted() -> float:
    """Share of the set's names that stand in no list of the detector."""
    from apertura.detect import names

    folder = names.folder_of(HOME)
    listed = set(names.read_lists(folder)[0].to_pylist())
    own = [*words.GIVEN, *words.SURNAMES]
    return sum(words.plain(name).upper() not in listed for name in own) / len(own)


_INTRODUCTION = """\
# Detectors of personal data: precision and recall
Made by `python -m apertura_demo.labelled`; a test asks that it is current and that the aims hold.

Each line is {n} generated values that hold one of that kind and {n} that do not, in a column of that type.
What holds none is hard on purpose: companies and schools named after people, streets, orders of 13 digits,
numbers of the form of a NIT, models, dates, amounts, places that are surnames, fixed lines. Names and
templates are the set's own; {unlisted} of its names stand in no list of the detector, about as many as in a
real register of teachers, so that recall is of unknown names, too. A name that consists of unknown words only
is found where its column is said to hold people, and may be missed in other texts: the aim holds over all
types of columns together; in free text alone recall is lower, as the lines say.

The figures of names are not blind: the share of unknown names in the set was set after a look at a real
directory, and the detector's lists were there already. Read their recall as what holds where about that
many names are unknown, and the line of free text as the one for texts.

The set is ours, so its figures say what the detectors are built for, not what every table holds: that is why
the gate has tolerances, and why a person decides. What the detectors do is told word by word in
[the vocabulary](vocabulary.md) (`holds_*`); what a finding leads to, in [privacy](privacy.md).

| kind | type of column | precision | recall |
|---|---|---|---|
"""


def page(measured: list[Measured]) -> str:
    """docs/detectors.md."""
    kinds = list(dict.fromkeys(one.cell.kind for one in measured))
    lines = _INTRODUCTION.format(n=PER_CELL, unlisted=f"{unlisted():.0%}").splitlines()
    for kind in kinds:
        for one in (one for one in measured if one.cell.kind == kind):
            lines.append(f"| {kind} | {one.cell.column} | {one.precision:.3f} | {one.recall:.3f} |")
        lines.append(_overall_line(measured, kind))
    return "\n".join(lines) + "\n"


def _overall_line(measured: list[Measured], kind: str) -> str:
    whole, (precision, recall) = overall(measured, kind), AIMS.get(kind, (0.0, 0.0))
    aims = [f"precision {precision:.2f}"] if precision else []
    aims += [f"recall {recall:.2f}"] if recall else []
    aim = f" (aim: {', '.join(aims)})" if aims else ""
    return f"| **{kind}** | **all**{aim} | **{whole.precision:.3f}** | **{whole.recall:.3f}** |"


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the page; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m apertura_demo.labelled", description=__doc__)
    parser.parse_args(arguments)
    measured = measure()
    PAGE.write_text(page(measured), encoding="utf-8")
    missed = [
        kind
        for kind, (precision, recall) in AIMS.items()
        if overall(measured, kind).precision < precision or overall(measured, kind).recall < recall
    ]
    print(f"{PAGE.name} written" + (f"; aims missed: {', '.join(missed)}" if missed else "; all aims hold"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
