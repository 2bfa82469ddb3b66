"""One spouse against real divorces and marriages: one recoding for all years leaves nobody to be found."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from attacks_scene import connected, contract, field, privacy_of, protected, raw_of, resources_of
from vital_scene import SUBJECTS, read_vital, vital_contract

from apertura.errors import PrivacyError
from apertura.prepare.disclosure import attacks

pytestmark = [pytest.mark.real, pytest.mark.slow]
Tables = dict[str, pa.Table]


@pytest.fixture(scope="module")
def vital(real_extracts: Path) -> dict[tuple[str, int], Tables]:
    return read_vital(real_extracts)


def test_subject_and_year_are_recognised_by_content(vital: dict[tuple[str, int], Tables]) -> None:
    assert sorted(vital) == sorted(SUBJECTS)


@pytest.mark.parametrize("which", SUBJECTS, ids=lambda one: "-".join(map(str, one)))
def test_spouses_find_the_raw_rows_and_nobody_in_what_is_told(
    vital: dict[tuple[str, int], Tables], which: tuple[str, int]
) -> None:
    one = vital_contract()
    privacy, resources = privacy_of(one), resources_of(one)
    with connected(vital[which]) as connection:
        bare = attacks.run(connection, privacy, raw_of(one), raw_of(one), resources)
        published, documents = protected(connection, one)
        safe = attacks.run(connection, privacy, raw_of(one), published, resources)
    linked = [a for a in bare if a.name == "linkage" and a.resources[0] == "parejas"]
    assert linked[0].succeeded > 0.85 * linked[0].tried
    halves = {a.name: a for a in bare if a.name.startswith("linkage-") and a.resources[0] == "parejas"}
    assert halves["linkage-1-edad_mujer"].succeeded > 0  # his half alone tells her age
    assert halves["linkage-2-edad_hombre"].succeeded > 0
    attacks.refuse_successful(safe, "ine/divorcios, protect")
    assert min(a.smallest_candidates for a in safe if a.smallest_candidates is not None) >= 5
    for table in privacy.tables:
        document = documents[table.resource]
        assert document["levels"] == table.levels  # type: ignore[union-attr]
        assert document["suppressed_rows"] <= 0.08 * document["rows_in"]
        assert document["loss"]["score"] < 0.45
        for name, reached in document["after"]["sensitive"].items():
            asked = next(s for s in (*table.sensitive, *_others(table)) if s.field == name)  # type: ignore[union-attr]
            assert reached["distinct_l"] >= 2
            assert reached["largest_share"] <= 0.8 + 1e-9
            assert asked.t is None or reached["t"] <= asked.t + 1e-9


def _others(table: object) -> list[object]:
    return [s for adversary in table.also_against for s in adversary.sensitive]  # type: ignore[attr-defined]


def test_both_halves_in_one_row_cannot_be_protected(vital: dict[tuple[str, int], Tables]) -> None:
    """Why a couple is told of in several tables: whoever knows the own half nearly knows the other."""
    people = {"access": "confidencial", "personal": "personal"}
    one = contract(
        {
            "parejas": [
                field("pueblo_hombre", hierarchy=[{"all": True}], **people),
                field("pueblo_mujer", treatment="suppress", **people),
            ]
        },
        {
            "tables": [
                {
                    "kind": "microdata",
                    "resource": "parejas",
                    "quasi_identifiers": ["pueblo_hombre"],
                    "k": 5,
                    "sensitive": [{"field": "pueblo_mujer", "distinct_l": 2, "largest_share": 0.8, "t": 0.3}],
                    "levels": {"pueblo_hombre": 0},
                    "suppression": {"limit": 0.08},
                }
            ]
        },
    )
    people_told = vital["matrimonios", 2020]["pueblos"].column("pueblo").to_pylist()
    couples = {"pueblo_hombre": people_told[0::2], "pueblo_mujer": people_told[1::2]}
    with connected({"parejas": couples}) as connection, pytest.raises(PrivacyError):
        protected(connection, one)
