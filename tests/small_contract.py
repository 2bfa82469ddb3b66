"""The least that a contract must say, for scenes that care about something else."""

from __future__ import annotations

from typing import Any


def declared(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A contract as plain values, `prueba/cosas` fed by the inbox, of these tables; `more` replaces keys."""
    return {
        "apertura": 1,
        "institution": "prueba",
        "name": "cosas",
        "schemaVersion": 1,
        "title": "Cosas de prueba",
        "description": "Un conjunto pequeño que solo existe en las pruebas de este proyecto.",
        "keyword": ["prueba"],
        "theme": "GOVE",
        "accrualPeriodicity": "monthly",
        "landingPage": "https://prueba.example.gt/cosas",
        "legal_duty": "Decreto 57-2008, artículo 10",
        "release": decided(),
        "source": {"kind": "inbox"},
        "reader": {"format": "delimited"},
        "resources": list(resources),
        **more,
    }


def decided(**more: Any) -> dict[str, Any]:
    """A release decision."""
    return {
        "decided_by": "Dirección de Prueba",
        "legal_basis": {"basis": "oficio-art10-1", "reason": "Información de oficio."},
        "date": "2026-01-01",
        "review": "2027-01-01",
        "licence": "sin licencia declarada",
        **more,
    }
