"""The attacks that every protected release is put to before it may be published; all of them must fail.

Each is a way to find a person that PRIVACY's literature or the press has shown: linking what somebody knows,
knowing little of anything, holding two tables against each other, subtracting, counting rows of a pseudonym.
`across` adds what older releases and other datasets give away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Microdata, Privacy, Sensitive, Unit
from apertura.prepare.disclosure import joins, linkage, margins, persons, subtraction, traces
from apertura.prepare.disclosure.attack import SUPPOSED, Attack, about, outcome, refuse_successful
from apertura.prepare.disclosure.linkage import Found

__all__ = ["Attack", "refuse_successful", "run"]


@dataclass(frozen=True)
class _Adversary:
    """Somebody who knows these columns of a table; nobody with fewer than k rows may be found."""

    name: str
    title: str
    knows: Sequence[str]
    k: int
    sensitive: Sequence[Sensitive]


def run(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
    *,
    dataset: str = "dataset",
) -> list[Attack]:
    """Put what would be published to every attack that needs nothing but its tables.

    `raw` (typed, level 0) and `published` map each resource to what can stand after FROM. The macros of
    sql/clean are loaded in the connection. Nothing is raised for an attack that succeeds: see
    `refuse_successful`. PrivacyError when labels are of no declared level; EngineError.
    """
    attacks: list[Attack] = []
    for table in privacy.tables:
        if isinstance(table, Microdata):
            resource = resources[table.resource]
            attacks += _microdata(connection, privacy, table, raw, published, resources)
            attacks.append(traces.row_numbers(connection, published[table.resource], resource))
            pseudonyms = [f.name for f in resource.published_fields if f.treatment == "pseudonymize"]
            attacks += traces.pseudonym_sizes(
                connection, published[table.resource], resource, pseudonyms, table.k
            )
    attacks += _crossed(connection, privacy, raw, published, resources)
    attacks += _siblings(connection, privacy, raw, published, resources)
    if subtraction.models_of(privacy):
        attacks.append(_subtracted(connection, privacy, raw, published, resources, dataset))
        if privacy.unpublished_totals is not None:
            attacks.append(_supposed(connection, privacy, raw, published, resources, dataset))
    return attacks + _prior(privacy)


def _adversaries(privacy: Privacy, table: Microdata, resources: Mapping[str, Resource]) -> list[_Adversary]:
    found = [
        _Adversary("linkage", privacy.attacker, table.quasi_identifiers, table.k, table.sensitive),
        *(
            _Adversary(f"linkage-{number}", one.title, one.knows, one.k, one.sensitive)
            for number, one in enumerate(table.also_against, start=1)
        ),
    ]
    linked = joins.linked_names(privacy, resources, table)
    everything = list(dict.fromkeys([*table.quasi_identifiers, *linked]))
    if len(everything) > len(table.quasi_identifiers):
        title = "Además, lo que las otras tablas dicen del mismo hecho."
        found.append(_Adversary("linkage-tables", title, everything, table.k, table.sensitive))
    return found


def _microdata(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    table: Microdata,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
) -> list[Attack]:
    resource, source, target = resources[table.resource], raw[table.resource], published[table.resource]
    attacks = []
    for one in _adversaries(privacy, table, resources):
        levels = linkage.levels_of(connection, target, resource, one.knows)
        knows = f"{one.title} Columnas: {', '.join(one.knows)}."
        known, shown = linkage.known(resource, levels, one.knows), linkage.shown(one.knows)
        prepared = linkage.prepare(connection, known, source, shown, target)
        found = linkage.attack(connection, prepared, one.k)
        attacks.append(
            _told(one.name, "Enlace de cada registro original con la tabla publicada", knows, table, found)
        )
        for sensitive in one.sensitive:
            prepared = linkage.prepare(connection, known, source, shown, target, sensitive.field)
            found = linkage.attack(connection, prepared, one.k, sensitive)
            title = f"Certeza sobre {sensitive.field} entre los candidatos"
            attacks.append(_told(f"{one.name}-{sensitive.field}", title, knows, table, found))
        sets, found = linkage.few_columns(connection, target, one.knows, one.k)
        title = f"Hasta {linkage.MOST_KNOWN} columnas conocidas, en sus {sets} combinaciones"
        attacks.append(_told(f"{one.name}-few", title, knows, table, found, "grupos"))
        if table.unit is not None and table.unit.columns:
            attacks.append(_people(connection, resource, table, table.unit, (source, target), one))
    return attacks


def _people(
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    table: Microdata,
    unit: Unit,
    relations: tuple[str, str],
    one: _Adversary,
) -> Attack:
    """Candidates counted by whose rows they are."""
    known = [*one.knows, *table.quasi_identifiers, *(n for other in table.also_against for n in other.knows)]
    names = (one.knows, list(dict.fromkeys(known)))
    found = persons.attack(connection, resource, unit, relations, names, one.k, one.sensitive)
    knows = f"{one.title} Además, de quién es cada registro original. Columnas: {', '.join(one.knows)}."
    title = "Grupos de muchos registros y pocas personas"
    return _told(f"people-{one.name}", title, knows, table, found)


def _told(
    name: str, title: str, knows: str, table: Microdata, found: Found, what: str = "registros"
) -> Attack:
    return Attack(
        name,
        title,
        knows,
        (table.resource,),
        found.tried,
        found.succeeded,
        outcome(found.tried, found.succeeded, found.smallest, what),
        found.smallest,
        passed=found.succeeded == 0,
        remedy=f"generalise {table.resource} further, raise its suppression limit, or publish less of it",
    )


def _crossed(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
) -> list[Attack]:
    attacks = []
    for here, there, columns, found in joins.cross(connection, privacy, raw, published, resources):
        attacks.append(
            Attack(
                "cross",
                f"Cruce de los registros de {here} con la tabla {there}",
                f"Todo el registro original de {here}. Columnas comunes: {', '.join(columns)}.",
                (here, there),
                found.tried,
                found.succeeded,
                outcome(found.tried, found.succeeded, found.smallest, "registros"),
                found.smallest,
                passed=found.succeeded == 0,
                remedy=f"make {', '.join(columns)} quasi-identifiers of {there}, or publish less of them",
            )
        )
    return attacks


def _siblings(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
) -> list[Attack]:
    """What one table of the same people lacks and another one counts."""
    attacks = []
    for here, there, shared, found in margins.attack(connection, privacy, raw, published, resources):
        names, columns = (here, there), ", ".join(shared)
        attacks.append(
            Attack(
                "siblings",
                f"Resta entre {names[0]} y {names[1]}, que hablan de las mismas personas",
                f"Los conteos de las dos tablas por sus columnas comunes: {columns}.",
                names,
                found.tried,
                found.succeeded,
                outcome(found.tried, found.succeeded, None, "grupos"),
                passed=found.succeeded == 0,
                remedy=f"clear the run from its protect task, where rows of {names[0]} and {names[1]} leave "
                f"together; if it stays, publish {columns} coarser in both, or one of them only",
            )
        )
    return attacks


def _subtracted(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
    dataset: str,
) -> Attack:
    found = subtraction.attack(connection, privacy, raw, published, resources, dataset)
    names = tuple(model.resource for model in subtraction.models_of(privacy))
    if found.succeeded:
        told = f"El ataque acotó {about(found.succeeded)} de unas {about(found.tried)} celdas suprimidas."
    elif found.tried:
        told = f"El ataque no acotó ninguna de unas {about(found.tried)} celdas suprimidas."
    else:
        told = "No hay celdas suprimidas que atacar."
    return Attack(
        "subtraction",
        "Resta entre celdas, totales y tablas enlazadas",
        "Todas las celdas publicadas, las sumas entre ellas, y que ningún conteo es negativo.",
        names,
        found.tried,
        found.succeeded,
        told,
        None,
        passed=found.succeeded == 0,
        remedy=f"suppress more cells of {', '.join(names)}, or publish coarser tables",
    )


def _supposed(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
    dataset: str,
) -> Attack:
    """What would be known if somebody had all totals that no table holds, the small ones, too."""
    found = subtraction.attack(connection, privacy, raw, published, resources, dataset, totals_known=True)
    names = tuple(model.resource for model in subtraction.models_of(privacy))
    told = f"De unas {about(found.tried)} celdas pequeñas suprimidas acotaría {about(found.succeeded)}."
    return Attack(
        SUPPOSED,
        "Resta, si alguien tuviera todos los totales que ninguna tabla publica",
        "Además de lo publicado, todos los totales que las tablas no tienen, también los pequeños.",
        names,
        found.tried,
        found.succeeded,
        told if found.tried else "No hay celdas suprimidas que atacar.",
    )


def _prior(privacy: Privacy) -> list[Attack]:
    """What the institution has published itself: no protection undoes it, so it is told, not tried."""
    attacks = []
    for one in privacy.prior_publications:
        rows = one.what == "rows"
        told = (
            "Los registros originales ya son públicos por otra vía: esta protección no puede deshacerlo. "
            "Se avisó al operador para que lo comunique a la institución."
            if rows
            else "Sus totales se toman como conocidos en los ataques de resta."
        )
        attacks.append(
            Attack(
                "prior-publication",
                f"Publicación anterior de la institución: {one.title}",
                one.note,
                tuple(table.resource for table in privacy.tables),
                0,
                0,
                told,
            )
        )
    return attacks


def notices(privacy: Privacy) -> list[str]:
    """What an operator must tell the institution: its own public copies of the raw rows, and totals that it
    must not publish. Without values."""
    totals = "the counts are protected as long as nobody publishes totals that no table here holds"
    return ([f"{totals}: tell the institution"] if privacy.unpublished_totals else []) + [
        f"the institution itself publishes the raw rows ({one.title}): ask it to withdraw or protect them"
        for one in privacy.prior_publications
        if one.what == "rows"
    ]
