"""What a draft leaves open: the word that stands where a person must decide, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator

OPEN = "POR DECIDIR"
"""Stands in a drafted contract wherever only a person can decide. A contract that holds it is refused."""

_ALLOWED = {
    "access": "publica, confidencial or reservada",
    "personal": "none, personal or sensible",
    "treatment": "keep, drop, transient, pseudonymize, generalize or suppress",
    "format": "the format that the source means (the draft names those that fit)",
    "source": "the column's name exactly as it stands in the file's header",
    "sheet": "the sheet's name exactly as it stands in the workbook",
    "records": "the path to the records, as the document's keys give it",
    "title": "a title in Spanish",
    "description": "what it is, in Spanish",
    "keyword": "words in Spanish by which people look for it",
    "theme": "an EU data theme, such as ECON, EDUC, HEAL, TRAN",
    "accrualPeriodicity": "daily, weekly, monthly, quarterly, semiannual, annual, irregular or notPlanned",
    "landingPage": "the institution's public page of these data",
    "legal_duty": "the article of the law that this publication fulfils",
    "decided_by": "who decided that this may be published: an office or a role",
    "basis": "consentimiento, art32-N, oficio-art10-N, registro-publico or otra-ley",
    "reason": "why that basis holds here",
    "date": "the day of the decision, YYYY-MM-DD",
    "review": "the day by which it is decided again, YYYY-MM-DD",
    "licence": "the licence as the source states it, or: sin licencia declarada",
    "institution": "the institution's short name, as its file in include/institutions",
    "name": "the dataset's short name, as its file",
}


Location = tuple[str | int, ...]


def open_places(value: object, location: Location = ()) -> Iterator[Location]:
    """Where in a document the word stands: places as keys and indexes, in the document's order."""
    if isinstance(value, str) and OPEN in value:
        yield location
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from open_places(item, (*location, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from open_places(item, (*location, index))


def advice(location: Location) -> str:
    """What is said of an open place: that it waits for a person, and what may stand there."""
    key = next((part for part in reversed(location) if isinstance(part, str)), "")
    allowed = _ALLOWED.get(key, "what a person decides")
    if "fields" in location and key in ("title", "description"):
        allowed += " (a column that is dropped or transient needs none: delete the line)"
    return f"not decided yet; in place of {OPEN} write {allowed}"
