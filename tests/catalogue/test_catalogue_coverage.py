"""Periods and places that a release says in words."""

from __future__ import annotations

import pytest
from catalogue_scene import HOME

from apertura.catalogue.coverage import periods
from apertura.catalogue.terms import read_terms
from apertura.contract import Contract
from apertura.errors import ContractError

TERMS = read_terms(HOME)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("2012/2019", ["2012/2019"]),
        ("2020-03/2023-11", ["2020-03/2023-11"]),
        ("2020/..", ["2020/.."]),
        ("../2019-12-31", ["../2019-12-31"]),
        ("2017 en adelante", ["2017/.."]),
        ("desde 2017-05", ["2017-05/.."]),
        ("2022", ["2022"]),
        ("2012, 2013, 2016, 2020 y 2021", ["2012/2013", "2016", "2020/2021"]),
        ("2019-11, 2019-12 y 2020-01", ["2019-11/2020-01"]),
        ("2019/2012", []),
        ("../..", []),
        ("hace mucho", []),
        ("", []),
    ],
)
def test_periods_in_words(said: str, told: list[str]) -> None:
    assert [period.text for period in periods(said)] == told


def test_without_words_the_partitions_tell() -> None:
    assert [one.text for one in periods(None, ["2019-01", "2018-12", "2019-03"])] == [
        "2018-12/2019-01",
        "2019-03",
    ]
    assert periods(None, ["_"]) == []
    assert periods(None, ["2019", "2019-01"]) == []  # one of them is something else
    assert periods("no se sabe", ["2019"]) == []  # words that nobody understands are not replaced


def test_an_end_is_typed_by_how_exact_it_is() -> None:
    (period,) = periods("2019/2020-03-01")
    start, end = period.literal(period.start), period.literal(period.end)
    assert start is not None and end is not None
    assert (start.datatype, end.datatype) == ("xsd:gYear", "xsd:date")
    assert period.literal(None) is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("01", "01"),
        ("0101", "0101"),
        ("departamento de Guatemala", "01"),
        ("municipio de Tecpan Guatemala", "0406"),
        ("Petén", "17"),
        ("Guatemala", None),  # the country
        ("La Libertad", None),  # two municipalities have that name
        ("Quetzaltenango", None),  # a department and a municipality
        ("departamento Quetzaltenango", "09"),
        ("Marte", None),
        ("99", None),
    ],
)
def test_places_by_code_or_by_a_name_that_means_one(said: str, code: str | None) -> None:
    place = TERMS.place(said)
    assert (place and place.code) == code


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://creativecommons.org/licenses/by/4.0", "CC_BY_4_0"),
        ("http://www.creativecommons.org/licenses/BY/4.0/deed.es", "CC_BY_4_0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", None),
        ("https://x.example/creativecommons.org/licenses/by/4.0", None),
        (None, None),
    ],
)
def test_licences_by_their_address(address: str | None, code: str | None) -> None:
    assert TERMS.licence(address) == code


def test_every_theme_and_frequency_of_a_contract_has_its_term() -> None:
    properties = Contract.model_json_schema()["properties"]
    for theme in properties["theme"]["enum"]:
        assert TERMS.term("data-theme", theme)[0].endswith(f"/data-theme/{theme}")
    for name in properties["accrualPeriodicity"]["enum"]:
        assert TERMS.term("frequency", str(TERMS.frequency(name)))
    for one in TERMS.document["licences"].values():
        assert TERMS.term("licence", one["code"])


def test_a_term_that_is_not_bundled_is_an_error_and_so_is_a_missing_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ContractError, match="no term XX"):
        TERMS.term("data-theme", "XX")
    with pytest.raises(ContractError, match="is missing"):
        read_terms(tmp_path).country()
    path = tmp_path / "include/reference/eu-vocabularies.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("[1, 2")
    with pytest.raises(ContractError, match="is damaged"):
        read_terms(tmp_path)
