"""An institution: who publishes, how politely its source is asked, how long its files are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from apertura.contract.words import Model, Slug, Text


class Retention(Model):
    """Days that extracts and work files stay in the private bucket after nothing needs them."""

    extracts_days: Annotated[int, Field(ge=1)] = 365
    work_days: Annotated[int, Field(ge=1)] = 14


class InformationUnit(Model):
    """The institution's Unidad de Información Pública: role, never a person."""

    name: Text
    url: Text | None = None
    email: Text | None = None


class Institution(Model):
    """include/institutions/<name>.yaml"""

    name: Slug
    title: Text
    homepage: Annotated[str, StringConstraints(pattern=r"^https?://")]
    information_unit: InformationUnit
    owner: Text = Field(description="team that answers for the DAG, shown in Airflow")
    schedule: Text = Field(description="cron line in America/Guatemala time: the finest of its datasets")
    pool_slots: Annotated[int, Field(ge=1, le=16)] = Field(
        default=2, description="how many extracts may run at once: politeness to the source"
    )
    retention: Retention = Retention()
