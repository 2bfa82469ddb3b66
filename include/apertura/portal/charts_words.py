"""What a chart shows, in words and as a table: for whoever does not see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apertura.portal import figures
from apertura.portal.charts_data import Gathered, Point, Value, added, described, size, together
from apertura.portal.maps import DEPARTMENTS
from apertura.spanish import MINUS, MONTHS, day

LONGEST_TABLE = 40
PROTECTED = "protegido"
_NO_DATA = "sin dato"
_LONGEST_LABEL = 60
_THINNED = (
    "Se cuentan las filas publicadas: las que no podían publicarse sin riesgo para las personas no están, "
    "y son más en unos grupos que en otros."
)
_PERIOD = {"year": ("año", "años"), "quarter": ("trimestre", "trimestres"), "month": ("mes", "meses")}
_PERIOD["day"] = ("día", "días")
_MONEY = {"GTQ": "Q", "USD": "US$"}
_SPOKEN = {"GTQ": ("quetzal", "quetzales"), "USD": ("dólar", "dólares")}
_CURRENCY = re.compile(r"\b(por )?(GTQ|USD)\b")
_IS_INDEX = re.compile("índice", re.IGNORECASE)
_SAID = {"sum": "Suma de", "mean": "Promedio de"}


@dataclass(frozen=True)
class Words:
    """What the chart's measure and axis are called: `Valor CIF`, unit `USD`, axis `País`."""

    measure: str
    unit: str
    axis: str
    thinned: bool = False

    @property
    def labelled(self) -> str:
        """The unit where it is not what the measure's name says already; a currency by its name."""
        return "" if self.unit.lower() in self.measure.lower() else spoken(self.unit)


def words_of(gathered: Gathered, fields: list[Mapping[str, Any]], *, thinned: bool = False) -> Words:
    """Names of measure and axis, from the view and the columns' descriptions.

    `thinned`: whole rows were taken out of the table to protect people, more in one year than in another.
    """
    view = gathered.view
    axis = "Departamento" if view.kind == "map" else str(described(fields, view.x).get("title", view.x))
    if view.y is None:
        unit = view.unit or "filas"
        return Words(unit[:1].upper() + unit[1:], unit, axis, thinned)
    field = described(fields, view.y)
    return Words(str(field.get("title", view.y)), str(view.unit or field.get("unit", "")), axis, thinned)


def spoken(unit: str) -> str:
    """A unit as people say it: `quetzales`, `quetzales por dólar`."""
    return _CURRENCY.sub(lambda found: (found[1] or "") + _SPOKEN[found[2]][not found[1]], unit)


def amount(value: Value, unit: str) -> str:
    """`Q1,234`, `US$2,145.3 millones`, `Q7.73 por dólar`, `1,234 casos`, `1 caso`, `0.58`."""
    money, per, rest = unit.partition(" por ")
    if per and money in _MONEY:
        return f"{amount(value, money)}{spoken(per + rest)}"
    mark = _MONEY.get(unit)
    if mark is None:
        shown = figures.short(value)
        return (
            f"{shown} {_one(unit) if value == 1 else unit}" if unit and not _IS_INDEX.match(unit) else shown
        )
    sign, exact = (MINUS if value < 0 else ""), Decimal(size(value))
    if exact >= 10_000_000:
        return f"{sign}{mark}{figures.number(exact / 1_000_000, 1)} millones"
    return f"{sign}{mark}{figures.short(exact)}"


def _one(unit: str) -> str:
    """The singular of a plural unit of one word: `fila`, `defunción`, `mes`; others stay."""
    if unit.endswith("ciones"):
        return unit.removesuffix("ciones") + "ción"
    return unit.removesuffix("s") if re.fullmatch(r"[a-záéíóúñ]+[aeo]s", unit) else unit


def told(point: Point, unit: str) -> str:
    """A point's value with what is to be known of it: `al menos 1,234 casos`, `protegido`."""
    if point.value is None:
        return PROTECTED if point.hidden else _NO_DATA
    text = amount(point.value, unit)
    return f"al menos {text}" if point.hidden else text


def moment(x: str, scale: str) -> str:
    """`enero de 2024`, `primer trimestre de 2017`, `29/02/2024`."""
    if scale == "month":
        return f"{MONTHS[int(x[5:7]) - 1]} de {x[:4]}"
    if scale == "quarter":
        return f"{('primer', 'segundo', 'tercer', 'cuarto')[int(x[6]) - 1]} trimestre de {x[:4]}"
    if scale == "day":
        return f"{x[8:10]}/{x[5:7]}/{x[:4]}"
    return x


def _at(x: str, scale: str) -> str:
    """When something was: `en enero de 2024`, `el 29 de febrero de 2024`."""
    return f"el {day(x)}" if scale == "day" else f"en {moment(x, scale)}"


def _from(first: str, last: str, scale: str) -> str:
    """`de 2012 a 2019`, `del 1 de enero de 2022 al 18 de octubre de 2024`."""
    if scale == "day":
        return f"del {day(first)} al {day(last)}"
    return f"de {moment(first, scale)} a {moment(last, scale)}"


def label(x: str) -> str:
    """A category's name, cut where it is very long."""
    return x if len(x) <= _LONGEST_LABEL else x[: _LONGEST_LABEL - 1].rstrip() + "…"


def alternative(gathered: Gathered, words: Words) -> str:
    """The chart's main findings in words, in Spanish."""
    tell = {"line": _line, "bar": _bar, "map": _map}[gathered.view.kind]
    sentences = [*tell(gathered, words), *_limits(gathered)]
    if words.thinned:
        sentences.append(_THINNED)
    if gathered.view.note:
        sentences.append(gathered.view.note)
    return " ".join(sentences)


def _heading(gathered: Gathered, words: Words) -> str:
    """What is counted: the name of a column in quotation marks where it is not what its unit counts."""
    said = _SAID.get(gathered.view.measure)
    if said is None:
        return f"Número de {words.unit}"
    if words.unit and not words.labelled:
        return f"{said} {words.measure[:1].lower()}{words.measure[1:]}"
    return f"{said} «{words.measure}»"


def _line(gathered: Gathered, words: Words) -> list[str]:
    moments = sorted({point.x for point in gathered.points})
    many = figures.count(len(moments), *_PERIOD[gathered.scale])
    by, when = _PERIOD[gathered.scale][0], _from(moments[0], moments[-1], gathered.scale)
    sentences = [f"{_heading(gathered, words)} por {by}, {when} ({many})."]
    for series in gathered.series:
        own = [point for point in gathered.points if point.series == series]
        sentences += _extremes_over_time(gathered, words, own, f"{label(series)}: " if series else "")
    return sentences


def _extremes_over_time(gathered: Gathered, words: Words, points: list[Point], who: str) -> list[str]:
    known = [point for point in points if point.value is not None]
    if not known:
        return [_of(who, "Todos los valores están protegidos o faltan.")]
    most, least = max(known, key=_size), min(known, key=_size)
    if most.value == least.value:
        return [_of(who, f"El valor es siempre {told(most, words.unit)}.")]
    text = (
        f"El valor más alto es {told(most, words.unit)}, {_at(most.x, gathered.scale)}; "
        f"el más bajo, {told(least, words.unit)}, {_at(least.x, gathered.scale)}."
    )
    text = _of(who, _as_far_as_known(known, text))
    return [text, *_trend(gathered, words, points)]


def _of(who: str, text: str) -> str:
    """The sentence about a series: `Crónica: el valor más alto es …`."""
    return f"{who}{text[:1].lower()}{text[1:]}" if who else text


def _size(point: Point) -> tuple[Decimal, str]:
    return Decimal(point.value or 0), point.x


def _trend(gathered: Gathered, words: Words, points: list[Point]) -> list[str]:
    """From the first to the last year; with months, quarters or days from the first whole one to the last."""
    compared = _whole_years(gathered, points) if gathered.scale != "year" else points
    if compared is None or len(compared) < 2 or words.thinned:
        return []  # a day or a month against another is season; rows taken out leave a slope of their own
    first, last = compared[0], compared[-1]
    if first.hidden or last.hidden or not first.value or last.value is None or first.value < 0:
        return []
    change = Decimal(last.value) / Decimal(first.value) - 1
    how = "aumento" if change > 0 else "disminución"
    moved = f" ({how} de {figures.percent(abs(change))})" if change else " (sin cambio)"
    if words.unit.startswith("°"):
        moved = ""  # its zero is a convention: no temperature is 11 % more than another
    return [
        f"Entre {first.x} y {last.x} pasó de {told(first, words.unit)} a {told(last, words.unit)}{moved}."
    ]


def _whole_years(gathered: Gathered, points: list[Point]) -> list[Point] | None:
    wanted = {"month": 12, "quarter": 4, "day": 365}[gathered.scale]
    years = [one for one in by_year(gathered, points) if one[1] >= wanted]
    return [point for point, _ in years] if len(years) >= 2 else None


def by_year(gathered: Gathered, points: list[Point]) -> list[tuple[Point, int]]:
    """The points put together by year, each with how many moments it holds."""
    years: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        years.setdefault((point.series, point.x[:4]), []).append(point)
    return [
        (together(gathered.view, them, year, series), len(them)) for (series, year), them in years.items()
    ]


def _bar(gathered: Gathered, words: Words) -> list[str]:
    shown, everything = len(gathered.points), len(gathered.points) + len(gathered.left_out)
    which = "mayores" if gathered.view.order == "value" else "primeros"
    of = (
        f"los {shown} {which} de {figures.number(everything)} valores"
        if gathered.left_out
        else f"{shown} valores"
    )
    sentences = [f"{_heading(gathered, words)} por {words.axis.lower()}: {of}."]
    known = [point for point in gathered.points if point.value is not None]
    if not known:
        return [*sentences, "Todos los valores están protegidos o faltan."]
    most, least = max(known, key=_size), min(known, key=_size)
    if most.value == least.value and len(known) > 1:
        return [*sentences, f"Todos tienen {told(most, words.unit)}."]
    text = f"El mayor es {_called(most, words)}, con {told(most, words.unit)}{_share(gathered, most)}"
    if len(known) > 1:
        among = " de los mostrados" if gathered.left_out else ""
        text += f"; el menor{among}, {_called(least, words)}, con {told(least, words.unit)}"
    return [*sentences, f"{_as_far_as_known(known, text)}."]


def _called(point: Point, words: Words) -> str:
    """A category's name; a bare number says what it counts: `hora 17`."""
    return f"{words.axis.lower()} {point.x}" if point.x.isdecimal() else label(point.x)


def _as_far_as_known(points: list[Point], text: str) -> str:
    """Which minimum is the least does not tell which true value is."""
    if not any(point.hidden for point in points):
        return text
    return f"Sin contar lo protegido, {text[:1].lower()}{text[1:]}"


def _share(gathered: Gathered, most: Point) -> str:
    """The share of the whole, where there is a whole: amounts of one sign and nothing protected."""
    every = [*gathered.points, *gathered.left_out]
    totals: list[Value] = [point.value or 0 for point in every]
    if gathered.view.measure == "mean" or any(point.hidden for point in every) or min(totals) < 0:
        return ""
    whole = added(totals)
    if not whole or most.value is None or gathered.unplaced or len(every) < 2:
        return ""
    return f" ({figures.percent(Decimal(most.value) / Decimal(whole))} del total)"


def _map(gathered: Gathered, words: Words) -> list[str]:
    places = [point for point in gathered.points if point.x in DEPARTMENTS]
    known = [point for point in places if point.value is not None]
    sentences = [f"{_heading(gathered, words)} por departamento."]
    if known:
        most, least = max(known, key=_size), min(known, key=_size)
        text = f"Todos los que tienen datos tienen {told(most, words.unit)}"
        if most.value != least.value:
            text = (
                f"El mayor es {DEPARTMENTS[most.x].name}, con {told(most, words.unit)}; "
                f"el menor, {DEPARTMENTS[least.x].name}, con {told(least, words.unit)}"
            )
        sentences.append(f"{_as_far_as_known(known, text)}.")
    hidden = [DEPARTMENTS[point.x].name for point in places if point.value is None and point.hidden]
    there = {point.x for point in places if point.value is not None or point.hidden}
    absent = [one.name for code, one in DEPARTMENTS.items() if code not in there]
    if hidden:
        sentences.append(f"Protegidos: {', '.join(hidden)}.")
    if absent:
        sentences.append(f"Sin datos: {', '.join(absent)}.")
    return sentences


def _limits(gathered: Gathered) -> list[str]:
    sentences = []
    if gathered.hidden and gathered.view.measure == "mean":
        sentences.append("Donde hay celdas protegidas no se calcula el promedio.")
    elif gathered.hidden:
        cells = figures.count(gathered.hidden, "celda protegida", "celdas protegidas")
        sentences.append(
            f"{cells} no se suman: donde las hay, el valor verdadero es mayor o igual.".capitalize()
        )
    if gathered.missing:
        sentences.append(f"{figures.count(gathered.missing, 'fila', 'filas')} sin dato no cuentan.")
    if gathered.unplaced:
        rows = figures.count(gathered.unplaced, "fila", "filas")
        sentences.append(f"Además hay {rows} sin este dato, que no se dibujan.")
    if gathered.view.measure == "mean" and gathered.view.kind == "line":
        sentences.append("El eje vertical no empieza en cero.")
    if gathered.view.kind == "line" and gathered.left_out:
        sentences.append(f"Se muestran las {len(gathered.series)} series mayores.")
    return sentences


def table(gathered: Gathered, words: Words) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows of the data under the chart, as text; at most 40 rows: long series by year."""
    measure = f"{words.measure} ({words.labelled})" if words.labelled else words.measure
    if gathered.view.kind == "line":
        return _table_over_time(gathered, measure, words.axis)
    name = _department if gathered.view.kind == "map" else label
    rows = [(name(point.x), _cell(point)) for point in gathered.points[:LONGEST_TABLE]]
    return (words.axis, measure), tuple(rows)


def _department(x: str) -> str:
    place = DEPARTMENTS.get(x)
    return place.name if place else x


def _table_over_time(
    gathered: Gathered, measure: str, axis: str
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    points, scale, head = list(gathered.points), gathered.scale, axis
    if len({point.x for point in points}) > LONGEST_TABLE and scale != "year":
        points, scale, head = [point for point, _ in by_year(gathered, points)], "year", "Año"
    moments = sorted({point.x for point in points})[-LONGEST_TABLE:]
    found = {(point.x, point.series): point for point in points}
    rows = [
        (moment(x, scale), *(_cell(found.get((x, series))) for series in gathered.series)) for x in moments
    ]
    heads = [measure] if gathered.series == ("",) else [f"{label(one)}: {measure}" for one in gathered.series]
    return (head, *heads), tuple(rows)


def _cell(point: Point | None) -> str:
    if point is None:
        return ""
    if point.value is None:
        return PROTECTED if point.hidden else _NO_DATA
    text = figures.short(point.value)
    return f"{text} o más" if point.hidden else text
