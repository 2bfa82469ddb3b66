"""The protected table as a view of the connection: labels in place of values, without what is suppressed."""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from apertura.contract import FieldSpec, Resource
from apertura.errors import PrivacyError
from apertura.prepare.columns import published_type
from apertura.prepare.disclosure.classes import Flags, Grouped, Ints
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.models import Model, View
from apertura.prepare.engine import literal, quoted, run

SUPPRESSED, UNAVAILABLE = "suprimido", "no_disponible"
"""What `<field>_estado` says where the field has no value."""

PERSON = "apertura:persona"
"""Column of the view that counts people: whose a row is; never written."""


def write(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    resource: Resource,
    grouped: Grouped,
    view: View,
    kept: Ints,
    masks: Sequence[Flags],
    unit: Sequence[str] = (),
) -> str:
    """Make the temp view `protected:<resource>` with exactly the published fields; returns its quoted name.

    `kept` are the counts left of each combination of the view, `masks` by quasi-identifier (the first
    columns) the combinations whose cell is hidden. With `unit`, the columns that tell whose a row is, the
    temp view `owners:<resource>` is made beside it: the same, and PERSON, for `confirm` alone.
    """
    width = len(masks)
    names = [one.name for one in grouped.columns[:width]]
    levels = dict(zip(names, view.levels, strict=False))
    gone = kept == 0
    touched = gone | np.logical_or.reduce([*masks, np.zeros(len(gone), dtype=np.bool_)])
    doing = f"writing the protected table of {resource.name}"
    joins, hidden, where = "", {}, ""
    if touched.any():
        fates = _fates(connection, resource, view, gone, masks, touched, width)
        for i, name in enumerate(names):
            labels = _labels(connection, resource, grouped, i, view.levels[i])
            joins += f" JOIN {labels} AS k{i} ON r.{quoted(name)} IS NOT DISTINCT FROM k{i}.v"
            hidden[name] = f"coalesce(f.h{i}, false)"
        on = " AND ".join(f"f.c{i} = k{i}.code" for i in range(width))
        joins += f" LEFT JOIN {fates} AS f ON {on}"
        where = " WHERE NOT coalesce(f.gone, false)"
    have = {row[0] for row in run(connection, f"DESCRIBE FROM {relation}", doing=doing).fetchall()}
    items = ", ".join(
        f"CAST({_item(field, resource, levels, hidden, have)} AS {published_type(field)}) "
        f"AS {quoted(field.name)}"
        for field in resource.published_fields
    )
    target = quoted(f"protected:{resource.name}")
    views = {target: items}
    if unit:  # NULL where any of them is missing
        whose = " || chr(31) || ".join(f"CAST(r.{quoted(name)} AS VARCHAR)" for name in unit)
        views[_owners(resource)] = f"{items}, {whose} AS {quoted(PERSON)}"
    for name, selected in views.items():
        run(
            connection,
            f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {selected} FROM {relation} AS r{joins}{where}",
            doing=doing,
        )
    return target


def _owners(resource: Resource) -> str:
    return quoted(f"owners:{resource.name}")


def confirm(
    connection: duckdb.DuckDBPyConnection,
    protected: str,
    resource: Resource,
    models: Sequence[Model],
    grouped: Grouped,
    rows: int,
) -> None:
    """Count what was written, by its published columns: the last look does not rest on codes.

    k counts people where a model's unit tells whose rows are whose (`write` was given it), else rows.
    PrivacyError when rows are missing or a class is smaller than k.
    """
    published = {field.name for field in resource.published_fields}
    doing = f"counting the protected rows of {resource.name}"
    # fetchall: DuckDB refuses other work on a connection while a result is not read to its end.
    wrong = run(connection, f"SELECT count(*) FROM {protected}", doing=doing).fetchall() != [(rows,)]
    for model in models:
        names = [grouped.columns[i].name for i in model.known]
        names += [f"{name}_estado" for name in names if f"{name}_estado" in published]
        # A row of nobody known adds nobody to a class.
        counted, source = "count(*)", protected
        if model.unit:
            counted, source = f"greatest(count(DISTINCT {quoted(PERSON)}), 1)", _owners(resource)
        least = run(
            connection,
            f"SELECT min(n) FROM (SELECT {counted} AS n FROM {source} "
            f"GROUP BY {', '.join(quoted(name) for name in names)})",
            doing=doing,
        ).fetchall()[0][0]
        wrong |= least is not None and least < model.k
    if wrong:
        raise PrivacyError(
            f"resource {resource.name}: the table that was written is not the one that was found to be safe",
            hint="report this to the maintainers; nothing was published",
        )


def _item(
    field: FieldSpec,
    resource: Resource,
    levels: Mapping[str, int],
    hidden: Mapping[str, str],
    have: set[str],
) -> str:
    """SQL of one published column."""
    if field.state_of is not None:
        return _state(field, resource.field(field.state_of), levels, hidden, have)
    value = f"r.{quoted(field.name)}"
    if field.hierarchy:
        value = label(field, levels.get(field.name, 0), value)
    if field.name in hidden:
        value = f"CASE WHEN NOT {hidden[field.name]} THEN {value} END"
    return value


def _state(
    field: FieldSpec, told: FieldSpec, levels: Mapping[str, int], hidden: Mapping[str, str], have: set[str]
) -> str:
    """SQL of a column that says why another has no value.

    Of a quasi-identifier only two words: whatever else clean knows of a missing value would split classes.
    """
    if told.name in levels:
        value = label(told, levels[told.name], f"r.{quoted(told.name)}")
        suppressed = f"WHEN {hidden[told.name]} THEN {literal(SUPPRESSED)} " if told.name in hidden else ""
        return f"CASE {suppressed}WHEN {value} IS NULL THEN {literal(UNAVAILABLE)} END"
    missing = f"CASE WHEN r.{quoted(told.name)} IS NULL THEN {literal(UNAVAILABLE)} END"
    return f"coalesce(r.{quoted(field.name)}, {missing})" if field.name in have else missing


def _fates(
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    view: View,
    gone: Flags,
    masks: Sequence[Flags],
    touched: Flags,
    width: int,
) -> str:
    """Temp table of the combinations of labels that leave or lose cells."""
    here = np.flatnonzero(touched)
    ids, number = view.ids(range(width), [one[here] for one in view.table.codes])
    first = np.zeros(number, dtype=np.int64)
    first[ids] = here  # a combination's fate does not hang on what is only sensitive
    arrays: dict[str, NDArray[np.generic]] = {f"c{i}": view.table.codes[i][first] for i in range(width)}
    arrays |= {f"h{i}": mask[first] for i, mask in enumerate(masks)}
    return _stored(connection, f"fates:{resource.name}", {**arrays, "gone": gone[first]})


def _labels(
    connection: duckdb.DuckDBPyConnection, resource: Resource, grouped: Grouped, i: int, level: int
) -> str:
    """Temp table of a column's values with the codes of their labels at a level."""
    one = grouped.columns[i]
    codes = _stored(
        connection,
        f"level:{resource.name}:{one.name}",
        {"c0": np.arange(one.domain, dtype=np.int64), "code": one.maps[level]},
    )
    target = quoted(f"labels:{resource.name}:{one.name}")
    run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE {target} AS "
        f"SELECT k.v, l.code FROM {grouped.coded[i]} AS k JOIN {codes} AS l ON l.c0 = k.c0",
        doing=f"coding the labels of {one.name} of {resource.name}",
    )
    return target


def _stored(
    connection: duckdb.DuckDBPyConnection, name: str, arrays: Mapping[str, NDArray[np.generic]]
) -> str:
    """Arrays as a temp table; returns its quoted name."""
    lent = "lent_arrays"
    connection.register(lent, dict(arrays))
    try:
        run(
            connection,
            f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS FROM {lent}",
            doing=f"storing {name}",
        )
    finally:
        connection.unregister(lent)
    return quoted(name)
