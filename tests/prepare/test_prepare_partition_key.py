"""A field may be the key of the partition that its rows came in: for what the rows themselves leave out."""

from __future__ import annotations

from typing import Any

import pytest
from prepare_scene import MakeContext, column, dataset, run, table, transient
from pydantic import ValidationError

from apertura.settings import Settings

YEARLY = {"by": "year", "file": r"(?P<anio>\d{4})\.csv", "key": "{anio}"}
KEY: dict[str, Any] = {"source": None, "partition": True}


def test_the_key_is_in_every_row_and_others_derive_from_it(
    settings: Settings, make_context: MakeContext
) -> None:
    fields = [
        transient("clave", **KEY),
        transient("dia"),
        transient("mes"),
        column("fecha", type="date", derive={"macro": "date_of_parts", "of": ["dia", "mes", "clave"]}),
        column("anio", **KEY),
    ]
    ctx = make_context(dataset(settings.home, fields, partitions=YEARLY))
    rows = run(ctx, "dia,mes\n1,2\n31,12\n", "2019")
    assert [(str(row["fecha"]), row["anio"]) for row in rows] == [
        ("2019-02-01", "2019"),
        ("2019-12-31", "2019"),
    ]
    rows = run(ctx, "dia,mes\n29,2\n", "2020")
    assert [row["anio"] for row in rows] == ["2019", "2019", "2020"]
    assert {row["clave"] for row in table(ctx, "deidentify", "2020")} == {"2020"}


@pytest.mark.parametrize(
    ("field", "more", "message"),
    [
        (KEY, {}, "needs a dataset with `partitions`"),
        ({"partition": True}, {"partitions": YEARLY}, "exactly one of"),
        (KEY | {"label_of": "otro"}, {"partitions": YEARLY}, "exactly one of"),
    ],
)
def test_a_key_that_nothing_gives_is_refused(
    settings: Settings, field: dict[str, Any], more: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        dataset(settings.home, [column("anio", **field), column("otro")], **more)
