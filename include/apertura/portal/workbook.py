"""A published table as an Excel workbook (ECMA-376), streamed by DuckDB: little memory, the same bytes.

Codes and all other texts are text cells: what begins with = + - @ is no formula, and 0101 keeps its zero.
Numbers of more than 15 digits, which Excel would round, and dates before March 1900, which it counts
wrongly, are texts.
"""

# ruff: noqa: S608 (names are published columns, through quoted(); texts go through literal())
from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from apertura.portal import figures
from apertura.portal.published import Reading
from apertura.prepare.engine import literal, quoted, run

MOST_ROWS = 200_000
MOST_CELLS = 3_000_000
LONGEST = 32_767
"""Characters that Excel holds in a cell."""

_DIGITS = 15
_EPOCH = "1899-12-30"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PLAIN, _BOLD, _TEXT, _DATE, _MOMENT, _WHOLE, _EXACT, _WRAPPED = range(8)
_FORMATS = {164: "dd/mm/yyyy", 165: "dd/mm/yyyy hh:mm:ss", 166: "#,##0.00####"}
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">'
    + "".join(f'<numFmt numFmtId="{n}" formatCode="{code}"/>' for n, code in _FORMATS.items())
    + '</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="8"><xf/><xf fontId="1" applyFont="1"/>'
    + "".join(f'<xf numFmtId="{n}" applyNumberFormat="1"/>' for n in (49, 164, 165, 3, 166))
    + '<xf applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
"""Cell formats, in the order of the names above; 49 is text, 3 is #,##0."""

_LOGICAL = 8
"""Beside the styles: true and false."""
_OPEN, _CLOSE, _NOTHING, _END = "\x01\x02\x03\x04"
_NUMBERS = dict(
    zip((_LOGICAL, _PLAIN, _DATE, _MOMENT, _WHOLE, _EXACT), "\x05\x06\x07\x08\x0e\x0f", strict=True)
)
"""Marks of cells, none of which XML can hold, so that no text has them."""
_FORBIDDEN = r"[\x00-\x08\x0B\x0C\x0E-\x1F]"
_TAGS = {
    f"{_OPEN}{_NOTHING}{_CLOSE}": "<c/>",
    _OPEN: f'<c s="{_TEXT}" t="inlineStr"><is><t xml:space="preserve">',
    _CLOSE: "</t></is></c>",
    _END: "</v></c>",
    **{mark: f'<c s="{style}"><v>' for style, mark in _NUMBERS.items()},
    _NUMBERS[_LOGICAL]: '<c t="b"><v>',
}

_SHEETS = ("Datos", "Columnas")
_OVERRIDES = {
    "workbook": "sheet.main",
    "styles": "styles",
    "worksheets/sheet1": "worksheet",
    "worksheets/sheet2": "worksheet",
}
_LINKS = (
    ("worksheet", "worksheets/sheet1.xml"),
    ("worksheet", "worksheets/sheet2.xml"),
    ("styles", "styles.xml"),
)


def _links(links: Sequence[tuple[str, str]]) -> str:
    made = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(links, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{made}</Relationships>'


_PARTS = {
    "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    + "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for name, kind in _OVERRIDES.items()
    )
    + "</Types>",
    "_rels/.rels": _links([("officeDocument", "xl/workbook.xml")]),
    "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
    + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(_SHEETS, 1))
    + "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": _links(_LINKS),
    "xl/styles.xml": _STYLES,
}


def fits(source: Reading, rows: int) -> bool:
    """Whether the table fits a sheet that a person's computer opens."""
    if rows > MOST_ROWS or rows * len(source.columns) > MOST_CELLS:
        return False
    texts = _texts(source)
    if not texts:
        return True
    whole = source.one(f"SELECT max(length(concat({', '.join(texts)}))) FROM {source.relation}")[0]
    if int(whole or 0) <= LONGEST:  # one question, where each column would be one of many
        return True
    longest = ", ".join(f"max(length({name}))" for name in texts)
    found = source.one(f"SELECT greatest({longest}, 0) FROM {source.relation}")[0]
    return int(found or 0) <= LONGEST


def _texts(source: Reading) -> list[str]:
    return [quoted(name) for name, type_ in source.columns.items() if type_ == "VARCHAR"]


def write_workbook(
    source: Reading,
    fields: Sequence[Mapping[str, Any]],
    about: Sequence[tuple[str, str]],
    target: Path,
    key: tuple[str, ...] = (),
) -> None:
    """Write the table's workbook to `target`: a sheet of data, and one of what its columns mean.

    `fields` are its Table Schema fields, `about` what stands above them: (word, text). EngineError when it
    fails.
    """
    fields = [field for field in fields if field["name"] in source.columns]
    sheet = target.with_suffix(".sheet")
    try:
        run(source.connection, _copy(source, fields, sheet, key), doing=source.doing)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, part in _PARTS.items():
                archive.writestr(_member(name), part)
            with sheet.open("rb") as data, archive.open(_member("xl/worksheets/sheet1.xml"), "w") as out:
                shutil.copyfileobj(data, out, 1 << 20)
            archive.writestr(_member("xl/worksheets/sheet2.xml"), _columns_sheet(fields, about))
    finally:
        sheet.unlink(missing_ok=True)


def _member(name: str) -> zipfile.ZipInfo:
    """A file of the archive that says nothing of when and where it was made."""
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system, member.external_attr = 0, 0
    return member


def _copy(source: Reading, fields: Sequence[Mapping[str, Any]], sheet: Path, key: tuple[str, ...]) -> str:
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{min(40, max(12, len(field["name"]) + 3))}" customWidth="1"/>'
        for n, field in enumerate(fields, 1)
    )
    header = "".join(_text(str(field["name"]), _BOLD) for field in fields)
    prefix = (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView tabSelected="1" workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData><row>{header}</row>\n"
    )
    options = (
        "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '', NEW_LINE '\\n', "
        f"PREFIX {literal(prefix)}, SUFFIX {literal('</sheetData></worksheet>')}"
    )
    unclean = _unclean(source)
    cells = ", ".join(_cell(source.columns[field["name"]], field, key, unclean) for field in fields)
    row = _marked_up(f"concat({cells})")
    return f"COPY (SELECT {row} FROM {source.relation}) TO {literal(str(sheet))} ({options})"


def _unclean(source: Reading) -> bool:
    """Whether a text has characters that XML cannot hold."""
    texts = ", ".join(_texts(source))
    if not texts:
        return False
    found = f"SELECT bool_or(regexp_matches(concat({texts}), '{_FORBIDDEN}')) FROM {source.relation}"
    return bool(source.one(found)[0])


def _cell(type_: str, field: Mapping[str, Any], key: tuple[str, ...], unclean: bool) -> str:
    """The SQL of one cell: its value between marks, which `_marked_up` turns into XML for the whole row.

    DuckDB takes longer to understand an expression per cell than to work it out for a small table.
    """
    name = quoted(str(field["name"]))
    if type_ == "BOOLEAN":
        return _either(f"{name} IS NOT NULL", f"CAST({name} AS TINYINT)", _LOGICAL, "NULL")
    if type_ == "DATE":
        days = f"({name} - DATE '{_EPOCH}')"
        return _either(f"{name} >= DATE '1900-03-01'", days, _DATE, f"CAST({name} AS VARCHAR)")
    if type_.startswith("TIMESTAMP"):
        days = f"round((epoch_us({name}) - epoch_us(TIMESTAMP '{_EPOCH}')) / 86400000000.0, 9)"
        iso = f"replace(CAST({name} AS VARCHAR), ' ', 'T')"
        return _either(f"{name} >= TIMESTAMP '1900-03-01'", days, _MOMENT, iso)
    if type_ == "VARCHAR":
        safe = f"regexp_replace({name}, '{_FORBIDDEN}', '', 'g')" if unclean else name
        return f"'{_OPEN}', coalesce({safe}, '{_NOTHING}'), '{_CLOSE}'"
    scale = int(field.get("scale", 0)) if field["type"] == "number" else 0
    style = _PLAIN if figures.is_plain(field, key) else _EXACT if scale else _WHOLE
    limit = 10 ** max(0, _DIGITS - scale)
    return _either(f"abs({name}) < {limit}", name, style, f"CAST({name} AS VARCHAR)")


def _either(fits_: str, number: str, style: int, text: str) -> str:
    """A number where Excel holds it exactly, else its text."""
    return (
        f"CASE WHEN {fits_} THEN concat('{_NUMBERS[style]}', {number}, '{_END}') "
        f"ELSE concat('{_OPEN}', coalesce({text}, '{_NOTHING}'), '{_CLOSE}') END"
    )


def _marked_up(row: str) -> str:
    """The SQL of a row's XML: what texts hold is made safe first, then the marks become tags."""
    made = f"replace(replace(replace({row}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"
    # `_x0041_` in a text would be read as A (ECMA-376, 22.9.2.19): its first character is written that way.
    made = f"regexp_replace({made}, '_(x[0-9A-Fa-f]{{4}}_)', '_x005F_\\1', 'g')"
    made = f"replace({made}, chr(13), '_x000D_')"
    for mark, tag in _TAGS.items():
        made = f"replace({made}, '{mark}', {literal(tag)})"
    return f"'<row>' || {made} || '</row>'"


def _text(value: str, style: int) -> str:
    kept = escape("".join(one for one in value if one >= " " or one in "\n\t"), quote=False)
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{kept}</t></is></c>'


def _columns_sheet(fields: Sequence[Mapping[str, Any]], about: Sequence[tuple[str, str]]) -> str:
    rows = [_text(word, _BOLD) + _text(text, _WRAPPED) for word, text in about]
    rows += ["", "".join(_text(one, _BOLD) for one in ("Columna", "Título", "Descripción", "Unidad"))]
    for field in fields:
        said = (str(field.get(name, "")) for name in ("name", "title", "description", "unit"))
        rows.append("".join(_text(one, _WRAPPED) for one in said))
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate((24, 40, 80, 18), 1)
    )
    made = "".join(f"<row>{row}</row>" for row in rows)
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><cols>{widths}</cols><sheetData>{made}</sheetData></worksheet>'
