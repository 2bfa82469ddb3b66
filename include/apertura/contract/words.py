"""Words that contracts and institutions share: names, texts, dates, and what every model has in common."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-záéíóúüñ][a-z0-9_áéíóúüñ]*$", max_length=60)]
MacroName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]

ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def _iso_date(value: object) -> object:
    """Dates stay text in YAML 1.2; here they become dates, and nothing but ISO is one."""
    if isinstance(value, str):
        if not ISO_DATE.match(value):
            raise ValueError("a date is written YYYY-MM-DD")
        return dt.date.fromisoformat(value)
    return value


Date = Annotated[dt.date, BeforeValidator(_iso_date)]

Periodicity = Literal[
    "daily", "weekly", "monthly", "quarterly", "semiannual", "annual", "irregular", "notPlanned"
]
"""DCAT accrualPeriodicity, by the names of the EU frequency list."""

LEGAL_BASIS = re.compile(r"^(consentimiento|art32-\d{1,2}|oficio-art10-\d{1,2}|registro-publico|otra-ley)$")


class Model(BaseModel):
    """Unknown keys are refused everywhere; a loaded contract never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
