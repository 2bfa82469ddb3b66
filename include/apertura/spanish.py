"""Words that everything written for citizens shares: releases' reports and the portal's pages."""

from __future__ import annotations

MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
    "noviembre", "diciembre",
)  # fmt: skip

TYPES = {
    "string": "texto",
    "integer": "número entero",
    "number": "número con decimales",
    "boolean": "sí o no",
    "date": "fecha",
    "datetime": "fecha y hora",
}
"""Table Schema's types."""

FREQUENCIES = {
    "daily": "diaria",
    "weekly": "semanal",
    "monthly": "mensual",
    "quarterly": "trimestral",
    "semiannual": "semestral",
    "annual": "anual",
    "irregular": "irregular",
}
"""How often a dataset is published; what stands for one that is not any more is each page's own."""
