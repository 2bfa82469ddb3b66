"""Source columns that a dataset's tables do not read: declared once, one by one, for all of them.

Every source column is declared, so that a new one stops the run. Where several tables read one file, what
none or few of them read would stand in each; `dropped` names it in one place with its classification. Each
table gets what it does not read itself as a field with treatment `drop`: whatever looks at fields finds it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from apertura.contract.words import FieldName, Model, Slug


class Dropped(Model):
    """Source columns of one classification that are dropped from every table that does not read them."""

    access: Literal["publica", "confidencial"]
    personal: Literal["none", "personal", "sensible"]
    columns: Annotated[
        dict[FieldName, str | dict[Slug, str]],
        Field(min_length=1, description="name -> the source's column; by layout where layouts differ"),
    ]
    resources: list[Slug] = Field(default=[], description="only of these tables; all when left out")

    @model_validator(mode="after")
    def _fails_closed(self) -> Dropped:
        if self.personal == "sensible" and self.access == "publica":
            raise ValueError("personal: sensible implies access: confidencial (Decreto 57-2008, art. 22)")
        return self


def spread(contract: Any) -> Any:
    """The contract, as read, with what `dropped` declares among the fields of tables that do not read it.

    ValueError for a column that stands twice in `dropped`, that every table reads, or for a table that is not
    there. What is not of the expected form is left as it is: the model says what is wrong with it.
    """
    groups = contract.get("dropped") if isinstance(contract, dict) else None
    resources = contract.get("resources") if isinstance(contract, dict) else None
    if not isinstance(groups, list) or not isinstance(resources, list):
        return contract
    if not all(_is_table(one) for one in resources) or not all(_is_group(one) for one in groups):
        return contract
    names = [one.get("name") for one in resources]
    added: dict[int, list[dict[str, Any]]] = {number: [] for number in range(len(resources))}
    for group in groups:
        wanted = group.get("resources") or names
        if strangers := [name for name in wanted if name not in names]:
            raise ValueError(f"`dropped` names the table {strangers[0]}, which is not declared")
        for name, source in group["columns"].items():
            tables = [
                number
                for number, one in enumerate(resources)
                if names[number] in wanted and not _reads(one, [*one["fields"], *added[number]], source)
            ]
            if not tables:
                raise ValueError(f"`dropped` declares {name}, which every table declares already")
            spec = {"access": group.get("access"), "personal": group.get("personal"), "treatment": "drop"}
            for number in tables:
                added[number].append({"name": name, "source": source, **spec})
    full = [{**one, "fields": [*one["fields"], *added[number]]} for number, one in enumerate(resources)]
    return {**contract, "resources": full}


def _is_table(resource: Any) -> bool:
    fields = resource.get("fields") if isinstance(resource, dict) else None
    return isinstance(fields, list) and all(isinstance(field, dict) for field in fields)


def _is_group(group: Any) -> bool:
    return (
        isinstance(group, dict)
        and isinstance(group.get("columns"), dict)
        and isinstance(group.get("resources", []), list)
    )


def _reads(resource: dict[str, Any], fields: list[dict[str, Any]], source: Any) -> bool:
    """Whether the table declares the column itself, as a field or by a pattern that its name fits."""
    if any(field.get("source") == source for field in fields):
        return True
    columns = list(source.values()) if isinstance(source, dict) else [source]
    return any(
        _fits(pattern, str(column)) for pattern in resource.get("patterns") or [] for column in columns
    )


def _fits(pattern: Any, column: str) -> bool:
    try:
        return re.fullmatch(str(pattern.get("pattern")), column) is not None
    except (re.error, AttributeError):
        return False
