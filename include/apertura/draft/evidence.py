"""What may be known of a column: words of its name and counts of the detectors, weighed into a proposal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from apertura.contract.open import OPEN
from apertura.detect import KINDS as DETECTED
from apertura.detect import Count
from apertura.draft.profile import Facts
from apertura.draft.telling import share, told
from apertura.draft.types import Type

MOST = 0.5
"""Share of values from which a column is taken for one of that kind."""

KINDS = (*DETECTED, "landline")
"""What is looked for in texts."""
OF_DIGITS = ("cui", "nit", "phone", "landline", "account", "passport", "coordinates", "birth_date")
"""What numbers and dates may be."""

_KINDS = {
    "cui": "a CUI",
    "nit": "a NIT",
    "phone": "a mobile telephone",
    "landline": "a fixed telephone",
    "email": "an e-mail address",
    "plate": "a vehicle's plate",
    "passport": "a passport number",
    "account": "a bank account",
    "coordinates": "coordinates of a home",
    "birth_date": "a date of birth",
    "name": "a person's name",
    "address": "a street address",
}
_IDENTITY = ("cui", "name", "birth_date", "passport")
_DIRECT = (*_IDENTITY, "nit", "phone", "landline", "email", "plate", "account")

_PERSON = re.compile(
    r"nombres?|apellidos?|director(es|a)?|supervisor(a|es)?|responsables?|encargad\w*|propietari\w*|conductor\w*|piloto"
    r"|representantes?|contactos?|solicitante|beneficiari\w*|funcionari\w*|emplead\w*|docente|alumn\w*|estudiante"
    r"|paciente|sindicad\w*|victima|usuari\w*|madre|padre|conyuge|firma|titular|duen\w*"
)
_REACH = re.compile(
    r"tel|tels|telefonos?|cel|celular(es)?|movil|fax|whatsapp|correos?|email|mail|domicilio|residencia"
)
_NUMBER = re.compile(r"dpi|cui|nit|cedula|pasaporte|afiliacion|placas?|licencia")
_NO_PERSON = re.compile(
    r"establecimiento\w*|municip\w*|mupio|muni|depart\w*|depto|producto|entidad\w*|institu\w*|proyecto|programa|curso"
    r"|comercial|estacion|lugar|pais|aldea|variable|empresa|tipo|categoria|clase|sexo|edad|grupo|seccion|especie"
    r"|unidad|puesto|cantidad|total|numero|aduana|escuela|hospital"
)
_QUASI = re.compile(
    r"edad\w*|sexo\w*|genero|nacim\w*|nacid\w*|etni\w*|pueblo\w*|ocupacion|oficio|profesion|civil|conyugal|escolaridad|nacionalidad"
    r"|idioma|lengua|hijos|parentesco|embaraz\w*|discapacid\w*"
)
_SENSIBLE = re.compile(
    r"salud|diagnostic\w*|enfermedad\w*|defuncion|religi\w*|politic\w*|sindical|etni\w*|pueblo\w*|orientacion|ebri\w*"
    r"|alcohol\w*|delitos?|violencia|discapacid\w*|vih|antecedentes|lesion\w*|fallecid\w*"
)
_PLACE_OR_TIME = re.compile(
    r"municip\w*|mupio|muni|depart\w*|depto|aldea|zona|lugar|direccion|fechas?|dia|hora|mes|anio|ano|ocu|reg|juzgado|centro"
)

CATEGORIES = 200
"""Up to so many different values, each seen five times on average, a text is a set of categories."""


@dataclass(frozen=True)
class Judgement:
    """A proposal: words of the contract, or OPEN; `said` is the evidence in words without values.

    `harmless`: forms and few categories of the values may be written out. `identity`: holds persons.
    `quasi`: with other columns it may single out a person.
    """

    access: str = OPEN
    personal: str = OPEN
    treatment: str = OPEN
    said: tuple[str, ...] = ()
    harmless: bool = False
    identity: bool = False
    quasi: bool = False
    place_or_time: bool = False

    @property
    def decided(self) -> bool:
        """Whether nothing is left open."""
        return OPEN not in (self.access, self.personal, self.treatment)


def judge(facts: Facts, kind: Type, words: Sequence[str], counts: Sequence[Count]) -> Judgement:
    """The proposal for one column by itself: dropped where values are a person's, open where in doubt."""
    hits = {count.kind: count for count in counts if count.hits}
    said = [
        f"{share(count.hits, count.rows)} of {told(count.rows)} values look like {_KINDS[count.kind]}"
        for count in hits.values()
        if count.kind in _KINDS
    ]
    quasi = _any(_QUASI, words)
    place = _any(_PLACE_OR_TIME, words)
    most = {name for name, count in hits.items() if count.hits >= MOST * count.rows}
    person = _any(_PERSON, words) and not _any(_NO_PERSON, words)
    named = person or _any(_REACH, words) or _any(_NUMBER, words)
    some = named and any(count.hits >= 0.1 * count.rows for count in hits.values())
    if most.intersection(_DIRECT) or some:
        identity = bool(most.intersection(_IDENTITY)) or person
        return Judgement("confidencial", "personal", "drop", tuple(said), identity=identity)
    if named:
        said.append("the column's name speaks of a person, or of how to reach one")
    if quasi:
        said.append("quasi-identifier by its name: with others it may single out a person")
    if _any(_SENSIBLE, words):
        said.append("may be sensible by its name (Decreto 57-2008, art. 9)")
    if not facts.present:
        return Judgement("publica", "none", "drop", ("always empty",))
    if len(facts.forms) == 1 and re.fullmatch("9{7,13}", next(iter(facts.forms))):
        said.append("whole numbers of one length: of telephones, of persons, or of things?")
    doubtful = bool(said)
    if kind.code and facts.present < 5 * facts.distinct:
        said.append(f"a code of {told(facts.distinct)} different values: of persons, or of things?")
    elif kind.type == "integer" and facts.distinct == facts.present:
        said.append("a different number in each row: a measure, or somebody's number?")
    elif kind.type == "string" and not kind.code and not _categories(facts):
        said.append(f"text of {told(facts.distinct)} different values: read some before deciding")
    if said:
        return Judgement(said=tuple(said), quasi=quasi, place_or_time=place, harmless=not doubtful)
    return Judgement("publica", "none", "keep", harmless=True, place_or_time=place)


def together(judgements: Mapping[str, Judgement]) -> dict[str, Judgement]:
    """The proposals of a whole table: what is harmless alone may not be beside columns about persons.

    Where rows are about persons, nothing that stays is decided; where they only name one (a school's
    director), places and dates are left open.
    """
    about = any(one.quasi for one in judgements.values())
    names = any(one.identity for one in judgements.values())
    result = {}
    for name, one in judgements.items():
        if one.treatment == "keep" and (about or (names and one.place_or_time)):
            why = (
                "rows seem to be about persons"
                if about
                else "the table names persons; places and dates may tell whom"
            )
            one = replace(
                one, access=OPEN, personal=OPEN, treatment=OPEN, said=(*one.said, why), harmless=False
            )
        elif about:
            one = replace(one, harmless=False)
        result[name] = one
    return result


def is_place_or_time(words: Sequence[str]) -> bool:
    """Whether a column's name speaks of a place or a time."""
    return _any(_PLACE_OR_TIME, words)


def _categories(facts: Facts) -> bool:
    return facts.distinct <= CATEGORIES and facts.present >= 5 * facts.distinct


def _any(expression: re.Pattern[str], words: Sequence[str]) -> bool:
    return any(expression.fullmatch(word) for word in words)
