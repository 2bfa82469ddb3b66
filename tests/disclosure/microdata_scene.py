"""Small tables of people made in the test: resources with hierarchies, relations, and a plain judge.

The judge is written as the definitions are, row by row in Python: it shares no code with the library.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np

from apertura.contract import Resource
from apertura.contract.privacy import Microdata
from apertura.prepare.disclosure.classes import Column, Grouped, Table, column, grouped
from apertura.prepare.disclosure.task import Task, task_of
from apertura.prepare.engine import quoted

Row = tuple[Any, ...]
Levels = Sequence[Sequence[int]]
"""For each level, the label of every value."""


def field(name: str, **more: Any) -> dict[str, Any]:
    """A published field; with `hierarchy` it is generalised."""
    base = {
        "name": name,
        "title": name.capitalize(),
        "description": f"Columna {name}.",
        "access": "publica",
        "personal": "none",
        "treatment": "generalize" if more.get("hierarchy") else "keep",
    }
    return base | ({"source": name} if "state_of" not in more else {}) | more


def resource(*fields: Mapping[str, Any], name: str = "personas") -> Resource:
    """A resource of these fields."""
    return Resource.model_validate(
        {"name": name, "title": "Personas", "description": "Personas de prueba.", "fields": list(fields)}
    )


def model(quasi: Sequence[str], **more: Any) -> Microdata:
    """The protection of `personas`."""
    return Microdata.model_validate(
        {"kind": "microdata", "resource": "personas", "quasi_identifiers": list(quasi), **more}
    )


def relation(
    connection: duckdb.DuckDBPyConnection, types: Mapping[str, str], rows: Sequence[Row], name: str = "limpia"
) -> str:
    """A temp table of rows; returns its name."""
    columns = ", ".join(f"{quoted(key)} {kind}" for key, kind in types.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
    if rows:
        connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(types))})", list(rows))
    return name


def nested_maps(levels: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """A hierarchy of maps, then `all`."""
    return [*({"map": dict(one)} for one in levels), {"all": True}]


def grouped_of(columns: Sequence[Column], rows: Sequence[Sequence[int]]) -> Grouped:
    """Rows of codes grouped as `classes.group` would, without DuckDB."""
    array = np.array(rows, dtype=np.int32).reshape(len(rows), len(columns))
    table = Table(tuple(array[:, i].copy() for i in range(len(columns))), np.ones(len(rows), dtype=np.int64))
    return Grouped(tuple(columns), grouped(table, [one.domain for one in columns]), ())


def coded_task(
    hierarchies: Sequence[Levels],
    rows: Sequence[Sequence[int]],
    asked: Microdata,
    values: int,
) -> Task:
    """A task over codes: quasi-identifiers q0, q1 … with these levels, and a sensitive `s` of `values`."""
    names = [f"q{i}" for i in range(len(hierarchies))]
    steps = [{"prefix": 9 - i} for i in range(9)]
    made = resource(
        *(
            field(name, hierarchy=steps[: len(maps) - 1])
            for name, maps in zip(names, hierarchies, strict=True)
        ),
        field("s"),
    )
    columns = [column(name, maps) for name, maps in zip(names, hierarchies, strict=True)]
    columns.append(column("s", [list(range(values))]))
    return task_of(made, asked, grouped_of(columns, rows), {})


def plain_loss(
    hierarchies: Sequence[Levels],
    labelled: Sequence[Row],
    levels: Sequence[int],
    gone: set[int],
) -> float:
    """Loss by its formula, over rows of labels; rows in `gone` cost 1 in each column."""
    product = 1.0
    for i, (maps, level) in enumerate(zip(hierarchies, levels, strict=True)):
        domain, rows = len(maps[0]), len(labelled)
        share = Counter(maps[level])
        total = sum(1.0 if n in gone else share[row[i]] / domain for n, row in enumerate(labelled))
        least = rows / domain
        lost = max(0.0, (total - least) / (rows - least)) if rows - least > 0 else 0.0
        product *= 1 + math.floor(lost * 1e10 + 1e-4) / 1e10
    return float(product ** (1 / len(hierarchies)) - 1)


def plain_spread(values: Sequence[int], everybody: Sequence[int], distance: str) -> dict[str, float]:
    """distinct l, entropy l, t and largest share of one class."""
    p = {value: count / len(values) for value, count in Counter(values).items()}
    q = {value: count / len(everybody) for value, count in Counter(everybody).items()}
    order = sorted(q)
    if distance == "ordered":
        running, total = 0.0, 0.0
        for value in order:
            running += p.get(value, 0.0) - q[value]
            total += abs(running)
        t = total / (len(order) - 1) if len(order) > 1 else 0.0
    else:
        t = sum(abs(p.get(value, 0.0) - q[value]) for value in order) / 2
    return {
        "distinct_l": len(p),
        "entropy_l": math.exp(-sum(share * math.log(share) for share in p.values())),
        "t": t,
        "largest_share": max(p.values()),
    }


def plain_passes(values: Sequence[int], everybody: Sequence[int], k: int, asked: Mapping[str, Any]) -> bool:
    """Whether one class meets k and what is asked of its sensitive values."""
    if len(values) < k:
        return False
    if not asked:
        return True
    told = plain_spread(values, everybody, asked.get("distance", "equal"))
    return (
        told["distinct_l"] >= asked.get("distinct_l", 0)
        and told["entropy_l"] >= asked.get("entropy_l", 0) - 1e-9
        and told["t"] <= asked.get("t", 1) + 1e-9
        and told["largest_share"] <= asked.get("largest_share", 1) + 1e-9
    )


def exhaustive(
    hierarchies: Sequence[Levels],
    rows: Sequence[Sequence[int]],
    k: int,
    asked: Mapping[str, Any],
    limit: float,
    score: Callable[[Sequence[Row], Sequence[int], set[int]], float] | None = None,
) -> tuple[tuple[int, ...], int, float] | None:
    """The best node of all, its suppressed rows and its score; None when none is valid."""
    everybody = [row[-1] for row in rows]
    best = None
    for levels in itertools.product(*(range(len(maps)) for maps in hierarchies)):
        labelled = [
            tuple(
                maps[level][value] for maps, level, value in zip(hierarchies, levels, row[:-1], strict=True)
            )
            for row in rows
        ]
        classes = defaultdict(list)
        for n, label in enumerate(labelled):
            classes[label].append(n)
        gone = {
            n
            for members in classes.values()
            if not plain_passes([rows[m][-1] for m in members], everybody, k, asked)
            for n in members
        }
        if len(gone) > math.floor(limit * len(rows) + 1e-9):
            continue
        value = score(labelled, levels, gone) if score else plain_loss(hierarchies, labelled, levels, gone)
        candidate = (round(value, 12), len(gone), levels, value)
        if best is None or candidate[:3] < best[:3]:
            best = candidate
    return None if best is None else (best[2], best[1], best[3])
