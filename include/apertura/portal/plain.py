"""Quality and privacy of a release in sentences that a person without training understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apertura.catalogue.model import Entry
from apertura.portal.words import plural
from apertura.spanish import number, percent

_DIMENSIONS = {
    "completitud": ("Completos", "celdas_con_valor", "de las celdas tiene valor"),
    "exactitud": ("Bien escritos", "valores_interpretados", "de los valores pudo leerse como corresponde"),
    "consistencia": ("Sin contradicciones", "comprobaciones_de_consistencia_cumplidas",
                     "de las comprobaciones entre columnas se cumple"),
    "actualidad": ("Al día", "al_dia", ""),
    "unicidad": ("Sin repeticiones", "llave_unica", ""),
}  # fmt: skip


_ORIGINALS = "registros originales"
"""What privacidad.json calls an earlier publication of the very records, without protection."""


@dataclass(frozen=True)
class Told:
    """One line: what it is about, what was found, and its share from 0 to 1 where it is one."""

    title: str
    text: str
    share: float | None = None
    good: bool | None = None


def quality(entry: Entry) -> list[Told]:
    """One line for each dimension of calidad.json; the worst table speaks for a dataset of several."""
    told = []
    for name, (title, metric, words) in _DIMENSIONS.items():
        dimension = entry.quality.get("dimensiones", {}).get(name)
        values = _values(dimension, metric) if dimension else []
        if name == "unicidad" and dimension:
            told.append(_unique(title, values, _repeated(entry, dimension), protected=entry.protected))
        elif values and isinstance(values[0], bool):
            told.append(_current(title, all(values)))
        elif values:
            worst = min(float(value) for value in values)
            told.append(Told(title, f"{percent(worst)} {words}.", worst))
    return told


def _values(dimension: Mapping[str, Any], metric: str) -> list[Any]:
    return [
        one["valor"]
        for one in dimension["mediciones"]
        if one["metrica"] == metric and one["valor"] is not None
    ]


def _repeated(entry: Entry, dimension: Mapping[str, Any]) -> list[str]:
    """`2,465 en Conductores`; of a single table the number alone. `<5` is a word already."""
    titles = {table.name: table.title for table in entry.tables}
    found = [
        (number(one["valor"]), titles.get(one.get("recurso"), ""))
        for one in dimension["mediciones"]
        if one["metrica"] == "filas_repetidas" and one["valor"] not in (None, 0, "0")
    ]
    return [f"{many} en {title}" if title and len(titles) > 1 else many for many, title in found]


def _current(title: str, holds: bool) -> Told:
    text = (
        "Sí: los datos tienen la edad que corresponde a su frecuencia."
        if holds
        else "No: los datos son más viejos de lo que corresponde a su frecuencia: la fuente no ha dado otros."
    )
    return Told(title, text, good=holds)


def _unique(title: str, keys: list[Any], repeated: list[str], *, protected: bool) -> Told:
    if keys:
        return Told(title, "Cada cosa aparece una sola vez: su llave no se repite.", good=all(keys))
    if not repeated:
        return Told(title, "No hay filas iguales entre sí.", good=True)
    found = f"Hay filas iguales a otra en todas sus columnas: {'; '.join(repeated)}. "
    if protected:
        return Told("Filas iguales", f"{found}Así se protege a las personas: varias filas se parecen.")
    return Told(title, f"{found}No siempre es un error: dos hechos distintos pueden verse iguales.")


def checks(entry: Entry) -> str:
    """`Cumple 87 de 87 comprobaciones.`"""
    summary = entry.quality.get("resumen", {})
    if not summary:
        return "Esta versión no trae informe de calidad."
    met, all_ = summary.get("cumplidas", 0), summary.get("comprobaciones", 0)
    return f"Cumple {number(met)} de {plural(all_, 'comprobación', 'comprobaciones')}."


def privacy(entry: Entry) -> list[Told]:
    """What was done to protect people, of privacidad.json; counts there are rounded already."""
    told = [_columns(entry)]
    excluded = entry.privacy.get("filas_excluidas", [])
    if excluded:
        told.append(
            Told("Filas que la ley manda excluir", "Se retiraron completas antes de cualquier otro paso: "
                 + "; ".join(f"{number(one['filas'])} por {_law(one)}" for one in excluded) + ".")
        )  # fmt: skip
    if entry.protected:
        titles = {table.name: table.title for table in entry.tables}
        told += _protection(entry.privacy["proteccion"], titles)
        told.append(_attacks(entry.privacy.get("ataques", [])))
    told += [
        Told("Lo que ya es público", f"{one['titulo']}. {one['consecuencia']}", good=False)
        for one in entry.privacy.get("publicaciones_anteriores", [])
        if one.get("que") == _ORIGINALS
    ]
    return told


def _law(group: Mapping[str, Any]) -> str:
    laws = sorted({str(rule.get("ley") or group["base"]) for rule in group.get("reglas", [])})
    return ", ".join(laws) or str(group["base"])


def _columns(entry: Entry) -> Told:
    """Columns of all tables, each told once by its name in the source or among the published."""
    seen: dict[str, bool] = {}
    personal = set()
    for table in entry.privacy.get("recursos", []):
        for one in table["columnas"]:
            name = str(one.get("columna_de_origen") or one.get("columna_derivada") or one.get("columna"))
            seen[name] = seen.get(name, False) or bool(one["publicada"])
            if one["dato_personal"] != "ninguno":
                personal.add(name)
    if not personal:
        return Told("Columnas", "Ninguna columna de la fuente contiene datos personales.", good=True)
    kept = sum(seen[name] for name in personal)
    text = f"La fuente tiene {plural(len(personal), 'columna', 'columnas')} con datos personales. "
    if not kept:
        return Told("Columnas", text + "Ninguna se publica.", good=True)
    text += f"{plural(len(personal) - kept, 'no se publica', 'no se publican')}; "
    text += plural(kept, "se publica transformada o con fundamento legal.",
                   "se publican transformadas o con fundamento legal.")  # fmt: skip
    return Told("Columnas", text)


def _protection(model: Mapping[str, Any], titles: Mapping[str, str]) -> list[Told]:
    told = [Told("A quién se protege", f"{str(model['unidad']).capitalize()}.")]
    for table in model["tablas"]:
        measured = table.get("medido", {})
        title = titles.get(table["recurso"], str(table["recurso"]))
        if table["tipo"] == "conteos":
            told.append(
                Told(
                    title,
                    f"Ningún conteo de 1 a {table['umbral'] - 1} se publica, ni otro con el que pudiera "
                    f"calcularse por resta: {percent(measured.get('proporcion'))} de las celdas está "
                    f"protegido y se conserva {percent(measured.get('total_conservado'))} del total.",
                )
            )
        else:
            ks = [reached["k"] for reached in measured.get("alcanzado", []) if "k" in reached]
            if ks:
                told.append(
                    Told(
                        title,
                        f"Cada registro se confunde con al menos otros {min(ks) - 1}: "
                        "nadie puede señalar cuál es el de una persona.",
                    )
                )
    return told


def _attacks(attacks: list[Mapping[str, Any]]) -> Told:
    won = sum(bool(one.get("exito")) for one in attacks)
    if not attacks:
        return Told("Ataques intentados", "Ninguno.")
    text = f"Se intentaron {plural(len(attacks), 'ataque', 'ataques')} contra lo que se publica; "
    text += "ninguno logró reconocer a nadie." if not won else f"{won} tuvieron éxito: vea el certificado."
    return Told("Ataques intentados", text, good=not won)
