"""The Adult table: the optima that ARX and an exhaustive search over all 6,480 nodes agree on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from apertura.prepare.disclosure.microdata import protect
from apertura_demo.bench.disclosure import ADULT, adult_resource, asked, load_adult

NAMES = [name.replace("-", "_") for name in ADULT]


@pytest.fixture(scope="module")
def account(database: duckdb.DuckDBPyConnection, reference: Path) -> dict[float, dict[str, Any]]:
    """What protect tells, by suppression limit."""
    resource = adult_resource(reference / "adult")
    relation = load_adult(database, reference / "adult")
    return {
        limit: protect(database, relation, resource, asked("adult", NAMES, limit)).document
        for limit in (0.0, 0.02)
    }


@pytest.mark.parametrize(
    ("limit", "levels", "loss", "suppressed", "classes", "smallest"),
    [
        (0.0, (0, 4, 0, 2, 3, 2, 2, 1), 0.5915849773198221, 0, 30, 16),
        (0.02, (0, 3, 0, 1, 2, 1, 1, 2), 0.30334014291297273, 552, 233, 5),
    ],
)
def test_the_optimum_is_reached(
    account: dict[float, dict[str, Any]],
    limit: float,
    levels: tuple[int, ...],
    loss: float,
    suppressed: int,
    classes: int,
    smallest: int,
) -> None:
    told = account[limit]
    assert tuple(told["levels"][name] for name in NAMES) == levels
    assert told["loss"]["score"] == pytest.approx(loss, abs=1e-14)
    assert told["suppressed_rows"] == suppressed
    assert (told["after"]["classes"], told["after"]["k_category"]) == (classes, smallest)
    assert told["search"]["nodes"] == 6480
    assert told["search"]["evaluated"] < 500


def test_the_risks_of_the_raw_table_are_known(
    account: dict[float, dict[str, Any]], database: duckdb.DuckDBPyConnection, reference: Path
) -> None:
    before = account[0.0]["before"]
    assert (before["classes"], before["uniques"]) == (18109, 14021)
    assert before["prosecutor"]["mean"] == pytest.approx(0.6003912207, abs=1e-10)
    relation = load_adult(database, reference / "adult")
    few = asked("adult", NAMES[:4], 0.02)
    before = protect(database, relation, adult_resource(reference / "adult"), few).document["before"]
    assert (before["classes"], before["uniques"]) == (1690, 543)
    assert before["prosecutor"]["mean"] == pytest.approx(0.0560307672, abs=1e-10)
