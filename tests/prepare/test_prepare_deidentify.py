"""Deidentify: rows and columns that must not leave do not, and headers are wholly declared."""

from __future__ import annotations

import hashlib
import hmac
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prepare_scene import (
    MakeContext,
    basis,
    column,
    dataset,
    document,
    dropped,
    everything,
    give,
    run,
    table,
    transient,
    with_run,
)

from apertura.errors import FingerprintError, ReaderError, SettingsError, StorageError
from apertura.prepare.clean import clean
from apertura.prepare.deidentify import deidentify
from apertura.prepare.keys import MasterKey, pseudonym_key
from apertura.prepare.protect import protect
from apertura.prepare.treatment import FORMS
from apertura.prepare.vocabulary import read_macro
from apertura.runs.work import work_key
from apertura.settings import Settings

HOME = Path(__file__).resolve().parents[2]


def nit_column(**pseudonym: str) -> dict[str, object]:
    return column(
        "nit",
        access="confidencial",
        personal="personal",
        treatment="pseudonymize",
        pseudonym={"domain": "table", "form": "nit"} | pseudonym,
    )


def test_a_dropped_column_and_an_unneeded_transient_one_are_in_no_file(
    make_context: MakeContext, settings: Settings
) -> None:
    fields = [
        column("a"),
        dropped("director"),
        transient("sobra"),
        transient("base"),
        column("b", derive={"macro": "upper_text", "of": ["base"]}),
    ]
    ctx = make_context(dataset(settings.home, fields))
    give(ctx, {"x.csv": b"a,director,sobra,base\n1,MARTA CANARIA,Otra Canaria,x\n"})
    deidentify(ctx, "_")
    assert table(ctx, "deidentify") == [{"a": "1", "base": "x"}]
    assert "CANARIA" not in everything(ctx).upper()


def test_a_pseudonym_is_the_hmac_of_the_canonical_form(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, [column("n"), nit_column()]))
    written = ["123456-0", "1234560", " 0123456 - 0", "CF", "", "123456-7", "576937-k"]
    lines = "".join(f"{number},{nit}\n" for number, nit in enumerate(written))
    give(ctx, {"x.csv": f"n,nit\n{lines}".encode()})
    result = deidentify(ctx, "_")
    resource = ctx.dataset.contract.resources[0]
    key = pseudonym_key(MasterKey.load(settings), ctx, resource.fields[1], resource, result.fingerprint)
    first = hmac.new(key, b"1234560", hashlib.sha256).hexdigest()[:32]
    last = hmac.new(key, b"576937K", hashlib.sha256).hexdigest()[:32]
    values = [row["nit"] for row in table(ctx, "deidentify")]
    assert values == [first, first, first, None, None, "", last]
    assert document(ctx, "deidentify")["counts"]["refused"] == {"prueba": {"nit": 1}}
    assert "refused: <5" in result.notes


@pytest.fixture(scope="module")
def hmac_sql() -> Callable[[str], str]:
    """HMAC through the macro, under a known key."""
    connection = duckdb.connect()
    connection.execute(read_macro(HOME / "sql/clean/hmac_sha256.sql").sql)
    filled = (b"k" * 32).ljust(64, b"\0")
    inner, outer = bytes(b ^ 0x36 for b in filled), bytes(b ^ 0x5C for b in filled)

    def made(text: str) -> str:
        row = connection.execute("SELECT hmac_sha256($1, $2, $3)", [text, inner, outer]).fetchone()
        assert row is not None
        return str(row[0])

    return made


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80))
def test_hmac_in_sql_is_hmac_in_python(hmac_sql: Callable[[str], str], text: str) -> None:
    assert hmac_sql(text) == hmac.new(b"k" * 32, text.encode(), hashlib.sha256).hexdigest()[:32]


def pseudonym_of(make_context: MakeContext, settings: Settings, rows: bytes, **pseudonym: str) -> str:
    ctx = make_context(dataset(settings.home, [nit_column(**pseudonym)]))
    give(ctx, {"x.csv": b"nit\n" + rows})
    deidentify(ctx, "_")
    return str(table(ctx, "deidentify")[0]["nit"])


def test_pseudonyms_link_only_within_their_domain_and_rotation(
    make_context: MakeContext, settings: Settings
) -> None:
    one, other = b"1234560\n", b"1234560\n5\n"
    assert pseudonym_of(make_context, settings, one) == pseudonym_of(make_context, settings, one)
    assert pseudonym_of(make_context, settings, one) != pseudonym_of(make_context, settings, other)
    assert pseudonym_of(make_context, settings, one) != pseudonym_of(
        make_context, settings, one, domain="dataset"
    )
    stable = {"rotation": "stable", "reason": "Prueba."}
    assert pseudonym_of(make_context, settings, one, **stable) == pseudonym_of(
        make_context, settings, other, **stable
    )


def test_with_rotation_by_release_another_recipe_gives_other_pseudonyms_of_the_same_extract(
    make_context: MakeContext, settings: Settings
) -> None:
    """Else two versions that differ in their age bands alone could be joined row by row."""

    def pseudonym(bands: list[int], **more: str) -> str:
        age = column("edad", type="integer", treatment="generalize", generalize={"bands": bands})
        ctx = make_context(dataset(settings.home, [nit_column(**more), age]))
        give(ctx, {"x.csv": b"nit,edad\n1234560,30\n"})
        deidentify(ctx, "_")
        return str(table(ctx, "deidentify")[0]["nit"])

    first, other, again = pseudonym([18, 25, 35]), pseudonym([18, 20, 30]), pseudonym([18, 25, 35])
    assert first == again != other
    stable = {"rotation": "stable", "reason": "Prueba."}
    assert pseudonym([18, 25, 35], **stable) == pseudonym([18, 20, 30], **stable)


def test_every_form_of_the_contract_has_a_canonical_form() -> None:
    assert set(FORMS) == {"nit", "cui", "phone", "person", "text"}


def test_without_a_key_nothing_is_pseudonymized(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, [nit_column()]))
    ctx = replace(ctx, settings=replace(settings, key_file=None))
    give(ctx, {"x.csv": b"nit\n123456-0\n"})
    with pytest.raises(SettingsError, match="master key"):
        deidentify(ctx, "_")


def test_admit_lets_out_nothing_but_what_its_macro_returns(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(
        dataset(settings.home, [column("a"), column("tel", admit="landlines", missingValues=["-"])])
    )
    give(ctx, {"x.csv": b"a,tel\n1,2232-4455 / 55123456\n2,5512 3456\n3,-\n4,\n5,77945104\n"})
    deidentify(ctx, "_")
    assert [row["tel"] for row in table(ctx, "deidentify")] == ["22324455", "", None, None, "77945104"]
    assert document(ctx, "deidentify")["counts"]["refused"] == {"prueba": {"tel": 1}}
    assert "5512" not in everything(ctx).replace("22324455", "")


RULES = {
    "matches": (
        {"field": "m", "matches": "VIOLENCIA CONTRA"},
        'x\nViolencia  Contra la mujer\n""\n-\n',
        ["x"],
    ),
    "in": ({"field": "m", "in": ["Adopción"]}, 'x\nADOPCION\n adopción \n""\n-\n', ["x"]),
    "not_in": ({"field": "m", "not_in": ["false"]}, 'false\ntrue\n""\n-\nfalse \n', ["false", "false "]),
    "macro": (
        {"macro": "is_minor_at", "of": ["m", "f"]},
        '2000-01-01\n2010-01-01\n""\n-\nx\n',
        ["2000-01-01"],
    ),
}


@pytest.mark.parametrize("kind", RULES)
def test_a_row_leaves_when_the_rule_says_yes_and_when_it_cannot_know(
    make_context: MakeContext, settings: Settings, kind: str
) -> None:
    rule, values, stay = RULES[kind]
    fields = [column("m", missingValues=["", "-"]), column("f")]
    resource = {"exclude_rows": [{"when": rule, "legal_basis": basis()}]}
    ctx = make_context(dataset(settings.home, fields, resource))
    lines = values.splitlines()
    give(ctx, {"x.csv": ("m,f\n" + "".join(f"{line},2020-01-01\n" for line in lines)).encode()})
    deidentify(ctx, "_")
    assert [row["m"] for row in table(ctx, "deidentify")] == stay
    counts = document(ctx, "deidentify")["counts"]
    assert counts["rows_in"] == len(lines)
    assert counts["rows_out"] == len(stay)
    assert counts["excluded"] == {"otra-ley": len(lines) - len(stay)}


def test_a_line_break_does_not_hide_a_word_from_a_rule(make_context: MakeContext, settings: Settings) -> None:
    rule = {"when": {"field": "m", "matches": "CONTRA LA MUJER"}, "legal_basis": basis()}
    ctx = make_context(dataset(settings.home, [column("m")], {"exclude_rows": [rule]}))
    give(ctx, {"x.csv": b'm\n"contra\r\n la  mujer"\nrobo\n'})
    deidentify(ctx, "_")
    assert table(ctx, "deidentify") == [{"m": "robo"}]


def test_a_row_under_two_rules_is_counted_once_under_the_first(
    make_context: MakeContext, settings: Settings
) -> None:
    one = {"basis": "art32-1", "reason": "Prueba."}
    rules = [
        {"when": {"field": "m", "in": ["x"]}, "legal_basis": one},
        {"when": {"field": "m", "not_in": ["y"]}, "legal_basis": basis()},
    ]
    ctx = make_context(dataset(settings.home, [column("m")], {"exclude_rows": rules}))
    give(ctx, {"x.csv": b"m\nx\ny\nz\n"})
    deidentify(ctx, "_")
    assert document(ctx, "deidentify")["counts"]["excluded"] == {"art32-1": 1, "otra-ley": 1}


def test_small_counts_of_people_are_told_as_under_five(make_context: MakeContext, settings: Settings) -> None:
    rule = {"when": {"field": "m", "in": ["x"]}, "legal_basis": basis()}
    fields = [column("m"), dropped("persona")]
    ctx = make_context(dataset(settings.home, fields, {"exclude_rows": [rule]}))
    give(ctx, {"x.csv": b"m,persona\nx,A\n" + b"y,B\n" * 20})
    result = deidentify(ctx, "_")
    assert result.counts == {"rows_in": 20, "rows_out": 20, "refused": 0}
    assert "excluded otra-ley: <5" in result.notes


@pytest.mark.parametrize(("protected", "people"), [(13, True), (8, True), (13, False)])
def test_counts_of_people_are_rounded_in_results_and_exact_in_documents(
    make_context: MakeContext, settings: Settings, protected: int, people: bool
) -> None:
    """Exact ones would give a small count by subtraction, between two partitions or two versions."""
    rule = {"when": {"field": "m", "in": ["x"]}, "legal_basis": basis()}
    fields = [column("m"), dropped("persona") if people else column("persona")]
    ctx = make_context(dataset(settings.home, fields, {"exclude_rows": [rule]}))
    data = "m,persona\n" + "x,A\n" * protected + "y,B\n" * 21
    run(ctx, data.removesuffix("\n"))
    for result in (deidentify(ctx, "_"), clean(ctx, "_"), protect(ctx, ["_"])):
        told = {name: result.counts[name] for name in ("rows_in", "rows_out", "excluded otra-ley")}
        rounded = [20 + protected // 5 * 5 + (5 if protected % 5 > 2 else 0), 20]
        exact = [21 + protected, 21]
        assert list(told.values()) == ([*rounded, rounded[0] - 20] if people else [*exact, protected])
    counts = document(ctx, "deidentify")["counts"]
    assert (counts["rows_in"], counts["rows_out"], counts["excluded"]) == (
        21 + protected,
        21,
        {"otra-ley": protected},
    )


def test_empty_rows_go_only_where_the_contract_says_so(make_context: MakeContext, settings: Settings) -> None:
    data = "a,b\n1,2\n\u00a0, \n3,\n".encode()
    for drop, wanted in ((True, ["1", "3"]), (False, ["1", "\u00a0", "3"])):
        fields = [column("a"), column("b")]
        ctx = make_context(dataset(settings.home, fields, {"drop_empty_rows": drop}), run_id=f"run-{drop}")
        give(ctx, {"x.csv": data})
        deidentify(ctx, "_")
        assert [row["a"] for row in table(ctx, "deidentify")] == wanted


def test_undeclared_and_missing_columns_stop_the_run_without_quoting_the_header(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(dataset(settings.home, [column("a"), column("b", source="Fecha de la póliza")]))
    give(ctx, {"x.csv": b"a,Fecha de la poliza,Marta Canaria\n1,2,3\n"})
    with pytest.raises(ReaderError) as caught:
        deidentify(ctx, "_")
    text = str(caught.value)
    assert "1 declared columns are missing: 'Fecha de la póliza'" in text
    assert "2 of 3 columns are not declared: positions 2, 3" in text
    assert "position 2 is nearly the declared 'Fecha de la póliza'" in text
    assert "apertura peek sat/prueba" in text
    assert "Canaria" not in text
    assert "poliza" not in text.replace("apertura", "")
    assert list(ctx.private.list(work_key(ctx, "deidentify"))) == []


def test_column_names_match_exactly_also_in_case_and_blanks(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(dataset(settings.home, [column("a", source=" A")]))
    give(ctx, {"x.csv": b"A\n1\n"})
    with pytest.raises(ReaderError, match="missing"):
        deidentify(ctx, "_")


def layouts(settings: Settings) -> object:
    fields = [
        column("a", source={"viejo": "Año", "nuevo": "anio"}),
        column("b", source={"nuevo": "extra"}),
    ]
    semicolon = {"format": "delimited", "separator": ";"}
    return dataset(settings.home, fields, layouts=[{"name": "viejo", "reader": semicolon}, {"name": "nuevo"}])


def test_files_of_several_layouts_become_one_table(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(layouts(settings))
    give(ctx, {"1.csv": b"anio,extra\n2021,x\n", "2.csv": "Año\n2019\n".encode()})
    deidentify(ctx, "_")
    assert table(ctx, "deidentify") == [{"a": "2019", "b": None}, {"a": "2021", "b": "x"}]


def test_a_file_of_no_layout_is_told_by_the_nearest(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(layouts(settings))
    give(ctx, {"1.csv": b"anio,secreto\n2021,x\n"})
    with pytest.raises(ReaderError) as caught:
        deidentify(ctx, "_")
    assert "fits none of the 2 layouts" in str(caught.value)
    assert "secreto" not in str(caught.value)


def test_resources_choose_their_files_and_none_is_left_over(
    make_context: MakeContext, settings: Settings
) -> None:
    two = [
        {"name": "prueba", "title": "P", "description": "d", "files": r"a\d\.csv", "fields": [column("a")]},
        {"name": "otra", "title": "O", "description": "d", "files": r"b\.csv", "fields": [column("b")]},
    ]
    ctx = make_context(dataset(settings.home, [column("a")], resources=two))
    give(ctx, {"a1.csv": b"a\n1\n", "b.csv": b"b\nx\n", "a2.csv": b"a\n2\n"})
    deidentify(ctx, "_")
    assert table(ctx, "deidentify") == [{"a": "1"}, {"a": "2"}]
    assert table(ctx, "deidentify", resource=1) == [{"b": "x"}]
    give(ctx, {"a1.csv": b"a\n1\n", "b.csv": b"b\nx\n", "marta-canaria.csv": b"a\n2\n"})
    with pytest.raises(ReaderError, match="1 of the 3 files") as caught:
        deidentify(ctx, "_")
    assert "canaria" not in str(caught.value)
    give(ctx, {"a1.csv": b"a\n1\n"})
    with pytest.raises(ReaderError, match="otra"):
        deidentify(ctx, "_")


def test_a_wide_source_becomes_long_by_its_pattern(make_context: MakeContext, settings: Settings) -> None:
    fields = [
        column("lugar"),
        column("dia", source=None),
        column("casos", source=None, type="integer"),
    ]
    pattern = {"pattern": r"(?P<dia>\d{4}-\d\d-\d\d)", "value": "casos", "groups": {"dia": "dia"}}
    ctx = make_context(dataset(settings.home, fields, {"patterns": [pattern]}))
    rows = run(ctx, "lugar,2020-01-01,2020-01-02\nA,1,2\nB,3,\n")
    assert rows == [
        {"lugar": "A", "dia": "2020-01-01", "casos": 1},
        {"lugar": "A", "dia": "2020-01-02", "casos": 2},
        {"lugar": "B", "dia": "2020-01-01", "casos": 3},
        {"lugar": "B", "dia": "2020-01-02", "casos": None},
    ]
    ctx = with_run(ctx, "run-2")
    give(ctx, {"x.csv": b"lugar,2020-01-01,total\nA,1,1\n"})
    with pytest.raises(ReaderError, match="positions 3"):
        deidentify(ctx, "_")


def test_a_macro_that_casts_never_stands_over_the_text_file(
    make_context: MakeContext, settings: Settings, tmp_path: Path
) -> None:
    # DuckDB pushes such a cast into its CSV reader, where it throws, quotes the line, or drops the row.
    home = tmp_path / "project"
    shutil.copytree(settings.home / "sql" / "clean", home / "sql" / "clean")
    (home / "include").mkdir()
    for name in ("reference", "institutions"):
        (home / "include" / name).symlink_to(settings.home / "include" / name)
    sql = "CREATE OR REPLACE MACRO small(v) AS TRY_CAST(v AS INTEGER) < 10;"
    (home / "sql" / "clean" / "small.sql").write_text(sql)
    rule = {"when": {"macro": "small", "of": ["a"]}, "legal_basis": basis()}
    ctx = make_context(dataset(home, [column("a"), column("b")], {"exclude_rows": [rule]}))
    give(ctx, {"x.csv": b"a,b\n" + b"20,x\n" * 5000 + b"Marta Canaria,x\n5,x\n30,x\n"})
    deidentify(ctx, "_")
    assert len(table(ctx, "deidentify")) == 5001
    assert document(ctx, "deidentify")["counts"]["excluded"] == {"otra-ley": 2}


def test_a_changed_or_lost_extract_is_refused(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, [column("a")]))
    with pytest.raises(FingerprintError, match="extract"):
        deidentify(ctx, "_")
    (digest,) = give(ctx, {"x.csv": b"a\n1\n"})
    key = f"extracts/sat/{digest[:2]}/{digest}"
    ctx.private.put(key, b"a\n2\n")
    with pytest.raises(StorageError, match="SHA-256"):
        deidentify(ctx, "_")
    ctx.private.delete(key)
    with pytest.raises(FingerprintError) as caught:
        deidentify(ctx, "_")
    assert "extract task" in str(caught.value)


def test_nothing_is_left_in_scratch(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, [column("a")]))
    give(ctx, {"x.csv": b"a\n1\n"})
    deidentify(ctx, "_")
    assert list(settings.scratch.iterdir()) == []
    give(ctx, {"x.csv": b"b\n1\n"})
    with pytest.raises(ReaderError):
        deidentify(ctx, "_")
    assert list(settings.scratch.iterdir()) == []
