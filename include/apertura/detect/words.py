"""Words in a column's name, title and source that say what people write in it."""

from __future__ import annotations

import re

_INSTEAD = re.compile(
    r"establec|escuela|instituci|entidad|empresa|comercial|producto|art[ií]culo|marca|modelo|l[ií]nea|municip"
    r"|departament|pa[ií]s|lugar|aduana|puerto|estaci[oó]n|programa|proyecto|carrera|curso|dependencia"
    r"|unidad|centro|hospital|juzgado|banco|moneda|cuenta presup|rubro|categor[ií]a|delito|materia",
    re.IGNORECASE,
)
"""A NOMBRE with one of these is the name of something else."""

_EXPECTED = {
    "nit": r"(^|[^a-záéíóúñ])n\.?i\.?t($|[^a-záéíóúñ])|tributari",
    "phone": r"tel[eé]|cel|m[oó]vil|fax|whats|contact|direcci|domicil|ubica|residen|nombre|persona"
    r"|responsable|observa|coment|nota|descrip|detalle|relato|hechos|texto",
    "plate": r"placa|matr[ií]cula(?!d)",
    "passport": r"pasaporte|passport",
    "account": r"cuenta.{0,4}(banc|monet|ahorro|no|n[uú]m|dep)|(^|[^a-z])cta|iban",
    "coordinates": r"latitud|longitud|(^|[^a-z])(lat|lon|long|lng)($|[^a-z])|coord|geo|gps"
    r"|(^|[^a-z])[xy]($|[^a-z])",
    "birth_date": r"naci|(^|[^a-z])nac($|[^a-z])|cumplea|birth",
    "address": r"direcci|domicil|residen|ubicaci|d[oó]nde vive",
}
_PEOPLE = re.compile(
    r"persona|director|supervisor|encargad|responsable|representante|propietari|due[nñ]o|alumn|estudiante|paciente"
    r"|v[ií]ctima|sindicad|imputad|acusad|juez|fiscal|abogad|notari|contacto|beneficiari|emplead|funcionari|servidor"
    r"|docente|maestr[oa]|madre|padre|c[oó]nyuge|espos[oa]|conductor|piloto|titular|solicitante|contribuyente"
    r"|apellido|nombres($|[^a-z])|nombre.{0,3}complet|ciudadan|afiliad|trabajador|autor($|[^a-z])|firma",
    re.IGNORECASE,
)
_COMPILED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _EXPECTED.items()}


def expected(kind: str, words: str) -> bool:
    """Whether values of that kind are likely in a column of which `words` are said."""
    text = words.replace("_", " ")
    if kind == "name":
        return _PEOPLE.search(text) is not None
    pattern = _COMPILED.get(kind)
    return pattern is not None and pattern.search(text) is not None


def of_something_else(words: str) -> bool:
    """Whether a column is said to name schools, firms, places or things, and not people."""
    text = words.replace("_", " ")
    return _INSTEAD.search(text) is not None and _PEOPLE.search(text) is None
