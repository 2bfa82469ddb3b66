"""A court's database of judgments: schema and invented cases, in SQLite or PostgreSQL.

`python -m apertura_demo.oj` fills the database that OJ_DEMO_URL names (an SQLAlchemy URL), when it is empty.
Money is exact: NUMERIC in PostgreSQL, text in SQLite, which would make a float of it.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from apertura_demo.canary import Canaries, Canary, encodings
from apertura_demo.people import Person, make_person
from apertura_demo.territory import PLACES, without_accents


class Money(sa.types.TypeDecorator[Decimal]):
    """Quetzales with two digits: NUMERIC(14, 2), in SQLite its text."""

    impl = sa.Numeric(14, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Text where the database has no exact numbers."""
        return dialect.type_descriptor(sa.String(20) if dialect.name == "sqlite" else sa.Numeric(14, 2))

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> Any:
        """What the database takes for a Decimal."""
        return str(value) if value is not None and dialect.name == "sqlite" else value


metadata = sa.MetaData()
juzgados = sa.Table(
    "juzgados",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("nombre", sa.String(200), nullable=False),
    sa.Column("departamento", sa.String(60), nullable=False),
    sa.Column("municipio", sa.String(80), nullable=False),
)
jueces = sa.Table(
    "jueces",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("nombre", sa.String(200), nullable=False),
)
delitos = sa.Table(
    "delitos",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("nombre", sa.String(200), nullable=False),
)
personas = sa.Table(
    "personas",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("nombre", sa.String(200), nullable=False),
    sa.Column("cui", sa.String(20)),
    sa.Column("fecha_nacimiento", sa.Date),
    sa.Column("sexo", sa.String(1)),
    sa.Column("direccion", sa.String(300)),
)
casos = sa.Table(
    "casos",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("expediente", sa.String(40), nullable=False, unique=True),
    sa.Column("juzgado_id", sa.ForeignKey("juzgados.id"), nullable=False),
    sa.Column("juez_id", sa.ForeignKey("jueces.id"), nullable=False),
    sa.Column("delito_id", sa.ForeignKey("delitos.id"), nullable=False),
    sa.Column("materia", sa.String(80), nullable=False),
    sa.Column("fecha_hecho", sa.Date),
    sa.Column("fecha_ingreso", sa.Date, nullable=False),
    sa.Column("hechos", sa.Text),
)
partes = sa.Table(
    "partes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("caso_id", sa.ForeignKey("casos.id"), nullable=False, index=True),
    sa.Column("persona_id", sa.ForeignKey("personas.id"), nullable=False),
    sa.Column("papel", sa.String(20), nullable=False),
)
sentencias = sa.Table(
    "sentencias",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parte_id", sa.ForeignKey("partes.id"), nullable=False, unique=True),
    sa.Column("fecha", sa.Date, nullable=False),
    sa.Column("tipo", sa.String(40), nullable=False),
    sa.Column("pena_meses", sa.Integer),
    sa.Column("multa", Money),
)

ORDINARY_CRIMES = (
    "ROBO AGRAVADO", "HURTO", "ESTAFA PROPIA", "EXTORSIÓN", "LESIONES LEVES", "AMENAZAS", "HOMICIDIO CULPOSO",
    "ALLANAMIENTO", "APROPIACIÓN Y RETENCIÓN INDEBIDAS", "USURPACIÓN", "PORTACIÓN ILEGAL DE ARMAS DE FUEGO",
)  # fmt: skip
REPEATED = 60
"""Of so many cases one is of somebody who is judged again and again."""
VICTIMLESS = "PORTACIÓN ILEGAL DE ARMAS DE FUEGO"
EXCLUDED_CRIMES = {
    "VIOLACIÓN": "PENAL",
    "AGRESIÓN SEXUAL": "PENAL",
    "VIOLENCIA CONTRA LA MUJER": "FEMICIDIO Y VIOLENCIA CONTRA LA MUJER",
    "FEMICIDIO": "FEMICIDIO Y VIOLENCIA CONTRA LA MUJER",
    "TRATA DE PERSONAS": "PENAL",
    "VIOLENCIA INTRAFAMILIAR": "FAMILIA",
    "NEGACIÓN DE ASISTENCIA ECONÓMICA": "FAMILIA",
    "ADOPCIÓN IRREGULAR": "ADOPCIONES",
    "MALTRATO CONTRA PERSONAS MENORES DE EDAD": "NIÑEZ Y ADOLESCENCIA",
}
"""Crimes whose judgments the law takes out as whole rows, with the matter of the court's register."""
ADULTS = (dt.date(1945, 1, 1), dt.date(1999, 12, 31))
MINORS = (dt.date(2008, 1, 1), dt.date(2013, 12, 31))


def _facts(rng: random.Random, accused: Person, victim: Person, town: str) -> str:
    """What happened, in sentences that carry names, numbers and addresses."""
    spaced = f"{accused.cui[:4]} {accused.cui[4:9]} {accused.cui[9:]}"
    return (
        f"El día {rng.randint(1, 28)} de {rng.choice(('enero', 'mayo', 'octubre'))}, en {town}, el "
        f"sindicado {accused.name}, quien se identifica con DPI {spaced}, se presentó a {victim.address}, "
        f"residencia de {victim.name}, teléfono {victim.mobile[:4]}-{victim.mobile[4:]}.\r\n"
        f"La señora {make_person(rng).name}, vecina del lugar, declaró que “lo reconoció”; "
        f"NIT {accused.nit[:-1]}-{accused.nit[-1]}."
    )


def _written(rng: random.Random, text: str) -> str:
    """A place's name as different clerks write it."""
    return rng.choices((text, without_accents(text).upper(), text.upper(), f" {text}"), (80, 12, 6, 2))[0]


def _cui_as_written(rng: random.Random, cui: str) -> str | None:
    """With blanks, now and then wrong or missing."""
    wrong = cui[:8] + str((int(cui[8]) + 1) % 10) + cui[9:]
    return rng.choices((f"{cui[:4]} {cui[4:9]} {cui[9:]}", cui, wrong, None), (60, 34, 3, 3))[0]


def rows(
    seed: int = 1, cases: int = 2000, canaries: Canaries | None = None
) -> dict[str, list[dict[str, Any]]]:
    """All tables' rows by table name. About a sixth of the cases are such as the law excludes."""
    rng = random.Random(seed)
    tables: dict[str, list[dict[str, Any]]] = {table.name: [] for table in metadata.sorted_tables}
    towns = [place for department in PLACES.values() for place in department[:2]]
    for number, town in enumerate(towns, start=1):
        name = f"Juzgado de Sentencia Penal de {town.name}"
        tables["juzgados"].append(
            {"id": number, "nombre": name, "departamento": _written(rng, town.department_name),
             "municipio": _written(rng, town.name)}
        )  # fmt: skip
        tables["jueces"].append({"id": number, "nombre": make_person(rng).name})
    crimes = [*ORDINARY_CRIMES, *EXCLUDED_CRIMES]
    tables["delitos"] = [{"id": n, "nombre": name} for n, name in enumerate(crimes, start=1)]
    if canaries:
        tables["jueces"][0]["nombre"] = canaries.of("juez").person.name

    accused_before: list[Person] = []
    towns_of_repeaters = [len(towns) - 2 * place for place in range(3)]
    repeaters = [make_person(rng, born=(dt.date(1945, 1, 1), dt.date(1955, 12, 31))) for _ in range(3)]
    for number in range(1, cases + 1):
        court = rng.randint(1, len(towns))
        crime = rng.choice(ORDINARY_CRIMES if rng.random() < 0.9 else list(EXCLUDED_CRIMES))
        accused = [make_person(rng, born=ADULTS) for _ in range(rng.choices((1, 2, 3), (90, 8, 2))[0])]
        victims = [make_person(rng, born=ADULTS) for _ in range(rng.choices((1, 2), (93, 7))[0])]
        if number % 17 == 0:
            accused[0] = rng.choice(accused_before)
        if number % 31 == 0:
            accused[0] = make_person(rng, born=MINORS)
        if number % 23 == 0:
            victims[-1] = make_person(rng, born=MINORS)
        happened = dt.date(2021, 6, 1) + dt.timedelta(days=rng.randint(0, 900))
        entered = happened + dt.timedelta(days=rng.randint(1, 90))
        decided = entered + dt.timedelta(days=rng.randint(60, 600))
        if number % REPEATED == 7:
            # One person, one court, one crime, one year: her judgments look like those of many people.
            place = number // REPEATED % len(repeaters)
            court, crime, accused[0] = towns_of_repeaters[place], ORDINARY_CRIMES[place], repeaters[place]
            happened, decided = dt.date(2022, 1, 10), dt.date(2023, 3, 1) + dt.timedelta(days=number % 90)
            entered = happened + dt.timedelta(days=30)
        facts = _facts(rng, accused[0], victims[0], towns[court - 1].name)
        if canaries and number % 40 == 1:
            court, crime = 1, ORDINARY_CRIMES[number % (len(ORDINARY_CRIMES) - 1)]
            accused[0], victims[0] = canaries.of("sindicado").person, canaries.of("victima").person
            facts = _planted_facts(canaries.of("sindicado"), canaries.of("victima"), number)
        if accused[0].birth < MINORS[0]:
            accused_before.append(accused[0])
        tables["casos"].append(
            {"id": number, "expediente": f"{court:05d}-{entered.year}-{number:05d}", "juzgado_id": court,
             "juez_id": court, "delito_id": crimes.index(crime) + 1,
             "materia": EXCLUDED_CRIMES.get(crime, "PENAL"),
             "fecha_hecho": None if number % 97 == 0 else happened, "fecha_ingreso": entered, "hechos": facts}
        )  # fmt: skip
        for person in accused:
            _judge(tables, rng, _party(tables, rng, number, "sindicado", person), decided)
        for person in victims if crime != VICTIMLESS else []:
            _party(tables, rng, number, "victima", person)
    return tables


def _party(
    tables: dict[str, list[dict[str, Any]]], rng: random.Random, case: int, role: str, person: Person
) -> int:
    """Add a person to a case; answers the party's key."""
    key = len(tables["partes"]) + 1
    unknown_birth = role == "victima" and rng.random() < 0.02
    tables["personas"].append(
        {"id": key, "nombre": person.name, "cui": _cui_as_written(rng, person.cui),
         "sexo": {"F": "M", "M": "H"}[person.sex],
         "fecha_nacimiento": None if unknown_birth else person.birth, "direccion": person.address}
    )  # fmt: skip
    tables["partes"].append({"id": key, "caso_id": case, "persona_id": key, "papel": role})
    return key


def _judge(tables: dict[str, list[dict[str, Any]]], rng: random.Random, party: int, decided: dt.date) -> None:
    """Add the judgment of an accused party."""
    convicted = rng.random() < 0.65
    fine = Decimal(rng.randint(10_000, 5_000_000)).scaleb(-2) if convicted and rng.random() < 0.6 else None
    tables["sentencias"].append(
        {"id": len(tables["sentencias"]) + 1, "parte_id": party, "fecha": decided,
         "tipo": "CONDENATORIA" if convicted else "ABSOLUTORIA",
         "pena_meses": rng.randint(6, 480) if convicted else None, "multa": fine}
    )  # fmt: skip


def _planted_facts(accused: Canary, victim: Canary, number: int) -> str:
    """Free text with one way of writing each value of the two fake people."""
    values = [
        value
        for canary in (accused, victim)
        for value in (
            canary.person.name,
            canary.person.cui,
            canary.person.nit,
            canary.person.mobile,
            canary.person.address,
            canary.email,
        )
    ]
    ways = list(encodings("Ana Paz"))
    way = ways[number // 40 % len(ways)]
    return "Consta en autos: " + "; ".join(encodings(value)[way] for value in values) + "."


def fill(url: str | sa.URL, *, seed: int = 1, cases: int = 2000, canaries: Canaries | None = None) -> None:
    """Make the tables and fill them, in one transaction; a database that has judgments is left alone."""
    engine = sa.create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            if connection.scalar(sa.select(sa.func.count()).select_from(casos)):
                return
            for name, table_rows in rows(seed, cases, canaries).items():
                connection.execute(metadata.tables[name].insert(), table_rows)
    finally:
        engine.dispose()


def write(folder: Path, *, seed: int = 1, cases: int = 2000, canaries: Canaries | None = None) -> Path:
    """Write `oj.sqlite` into `folder` unless it is there; answers its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "oj.sqlite"
    if not path.exists():
        partial = folder / ".oj.sqlite.partial"
        partial.unlink(missing_ok=True)
        fill(f"sqlite:///{partial}", seed=seed, cases=cases, canaries=canaries)
        partial.replace(path)
    return path


def main() -> int:
    """Fill the database of OJ_DEMO_URL."""
    url = os.environ.get("OJ_DEMO_URL")
    if not url:
        print("OJ_DEMO_URL must name the database, as postgresql+psycopg://…", file=sys.stderr)
        return 2
    fill(url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
