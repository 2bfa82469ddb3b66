"""What a contract declares of statistical disclosure control: hierarchies, models, counts, who is feared.

Words are those of the literature (Samarati 2001; Machanavajjhala 2007; Li 2007; Hundepool et al., Statistical
Disclosure Control, 2012). The models here only hold together; whether names fit a dataset's resources is
checked by `refuse_unfit`, and whether the data meet them is decided in the stage protect.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from apertura.contract.accepted import Accepted
from apertura.contract.words import Date, FieldName, Fraction, Model, Slug, Text

if TYPE_CHECKING:
    from apertura.contract.model import FieldSpec, Resource

_TIME = ("day", "month", "quarter", "year")
_PLACE = ("municipality", "department", "region", "country")


class Level(Model):
    """One step of a generalisation hierarchy: what a value becomes there. Exactly one key is given."""

    to: Literal["month", "quarter", "year", "department", "region", "country"] | None = None
    bands: list[int] | None = Field(default=None, description="lower bounds, as in `generalize`")
    prefix: Annotated[int, Field(ge=1)] | None = Field(default=None, description="first characters kept")
    map: dict[str, str] | None = Field(default=None, description="value -> label; others are unparsed")
    all: Literal[True] | None = Field(default=None, description="every value becomes `*`")

    @model_validator(mode="after")
    def _one_kind(self) -> Level:
        given = [
            value for value in (self.to, self.bands, self.prefix, self.map, self.all) if value is not None
        ]
        if len(given) != 1:
            raise ValueError("a level is exactly one of `to`, `bands`, `prefix`, `map`, `all`")
        if self.bands is not None and (len(self.bands) < 2 or any(a >= b for a, b in pairwise(self.bands))):
            raise ValueError("bands are at least two rising lower bounds")
        return self


def refuse_unnested(levels: list[Level]) -> None:
    """ValueError when a level is not coarser than the one before it: equal there must stay equal here."""
    for before, after in pairwise(levels):
        if before.all:
            raise ValueError("nothing follows `all`")
        if after.all:
            continue
        if before.to and after.to:
            order = _TIME if before.to in _TIME else _PLACE
            if after.to not in order or order.index(before.to) >= order.index(after.to):
                raise ValueError(f"level {after.to} is not coarser than {before.to}")
        elif before.bands and after.bands:
            if not set(after.bands) < set(before.bands):
                raise ValueError("the bounds of each level of bands are some of those of the level before")
        elif before.prefix and after.prefix:
            if after.prefix >= before.prefix:
                raise ValueError("each prefix is shorter than the one before")
        elif before.map and after.map:
            # Both speak of the value itself: what was one label stays one label.
            joint: dict[str, str] = {}
            if set(before.map) != set(after.map):
                raise ValueError("maps of one hierarchy name the same values")
            for value, label in before.map.items():
                if joint.setdefault(label, after.map[value]) != after.map[value]:
                    raise ValueError("a map splits what the level before had put together")
        else:
            raise ValueError(
                "levels of one hierarchy are of one kind (`to`, `bands`, `prefix`, `map`), then `all`"
            )


class Sensitive(Model):
    """What must stay uncertain within each equivalence class."""

    field: FieldName
    distinct_l: Annotated[int, Field(ge=2)] | None = None
    entropy_l: Annotated[float, Field(gt=1)] | None = None
    t: Annotated[float, Field(gt=0, le=1)] | None = Field(default=None, description="t-closeness, at most")
    distance: Literal["equal", "ordered"] = "equal"
    order: list[str] | None = Field(default=None, description="for ordered distance: the values in order")
    largest_share: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Sensitive:
        if not (self.distinct_l or self.entropy_l or self.t or self.largest_share):
            raise ValueError("a sensitive attribute asks for distinct_l, entropy_l, t or largest_share")
        if self.order is not None and self.distance != "ordered":
            raise ValueError("`order` goes with distance: ordered")
        return self


class Adversary(Model):
    """Somebody who knows other things than the quasi-identifiers, such as a spouse all of their own half."""

    title: Text = Field(description="qué sabe esa persona, en español")
    knows: Annotated[list[FieldName], Field(min_length=1)]
    k: Annotated[int, Field(ge=2)] = 5
    sensitive: list[Sensitive] = []


class Suppression(Model):
    """What may be taken out when generalising alone would cost too much."""

    limit: Fraction = Field(default=0.0, description="largest share of rows (records) or cells (cells)")
    kind: Literal["records", "cells"] = "records"


class Unit(Model):
    """Which rows of a table are of one unit of protection. Exactly one key is given.

    k, l, t and risks count units, not rows: whoever has many rows would be a class of her own.
    """

    columns: list[FieldName] = Field(
        default=[],
        description="fields that tell who a row is of: pseudonyms that are published, or transient ones, "
        "which end with protect. A row of which one is missing is not known to be of anybody new",
    )
    row: Text | None = Field(
        default=None, description="en español: por qué cada fila es de otra persona, pareja o hecho"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Unit:
        if bool(self.columns) == (self.row is not None):
            raise ValueError("unit is exactly one of `columns` and `row` (with the reason)")
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("unit names a column twice")
        return self


class Microdata(Model):
    """A table with a row for each unit of protection (or each of its events)."""

    kind: Literal["microdata"]
    resource: Slug
    unit: Unit | None = Field(
        default=None, description="which rows are of one person; required where the table is about people"
    )
    quasi_identifiers: Annotated[list[FieldName], Field(min_length=1)]
    k: Annotated[int, Field(ge=2)] = 5
    sensitive: list[Sensitive] = []
    also_against: list[Adversary] = []
    suppression: Suppression = Suppression()
    levels: dict[FieldName, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="fixed generalisation: these columns stay at this level in every release"
    )
    loss: Literal["loss", "discernibility"] = Field(default="loss", description="loss: Iyengar 2002")
    population: Text | None = Field(
        default=None,
        description="include/reference/<this>: CSV of the population by (some) quasi-identifiers and "
        "`count`, for journalist risk; without it that risk equals the prosecutor's",
    )


class Dimension(Model):
    """One of the columns by which counts are broken down."""

    field: FieldName
    role: Slug | None = Field(
        default=None, description="linked tables share roles; default: the field's name"
    )
    level: Annotated[int, Field(ge=0)] = Field(default=0, description="level of the role's hierarchy")
    total: str | None = Field(default=None, description="the label that stands for the total of this column")


class Role(Model):
    """What a dimension adds up to: its totals are taken as known, also where they are not published."""

    levels: list[Level] = []
    totals: Literal["public", "unknown"] = Field(
        default="public",
        description="whether sums over this role that no table holds are published elsewhere (the "
        "institution's reports); unknown: nobody has them but by adding up what is published",
    )

    @model_validator(mode="after")
    def _nested(self) -> Role:
        refuse_unnested(self.levels)
        return self


class Counts(Model):
    """A table of counts: small ones are suppressed, and others so that sums do not give them back."""

    kind: Literal["counts"]
    resource: Slug
    count: FieldName
    threshold: Annotated[int, Field(ge=2)] = Field(default=5, description="1 … threshold-1 are small")
    dimensions: Annotated[list[Dimension], Field(min_length=1)]


class Link(Model):
    """Columns of several tables that tell of one thing, such as a date here and its quarter there."""

    about: Text
    columns: Annotated[dict[Slug, FieldName], Field(min_length=2)] = Field(description="resource -> field")
    compare: dict[Slug, Level] = Field(
        default={}, description="resource -> what its values become, so that they can be compared"
    )


class PriorPublication(Model):
    """What the institution itself has already published of the same people."""

    title: Text
    url: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = None
    date: Date | None = None
    what: Literal["rows", "totals"] = Field(description="the raw rows, or only totals of them")
    note: Text


class Privacy(Model):
    """The protection of a dataset: of whom, against whom, by which models."""

    unit: Text = Field(description="unidad de protección: persona, pareja …")
    attacker: Text = Field(description="qué se supone que sabe quien ataca, en español")
    tables: Annotated[list[Annotated[Microdata | Counts, Field(discriminator="kind")]], Field(min_length=1)]
    roles: dict[Slug, Role] = {}
    counts_of: Text | None = Field(
        default=None,
        description="en español: a quiénes cuentan las tablas de conteos. Obligatorio donde otro conjunto de "
        "la institución también tiene conteos; los de las mismas personas van en un solo conjunto",
    )
    unpublished_totals: Text | None = Field(
        default=None,
        description="en español: por qué nadie publica los totales que ninguna tabla tiene, que deben quedar "
        "desconocidos; sin esto, una protección que se apoye en ellos se rechaza",
    )
    links: list[Link] = []
    prior_publications: list[PriorPublication] = []
    accepted: list[Accepted] = Field(
        default=[], description="differences to older versions that a person answers for, each by itself"
    )

    @model_validator(mode="after")
    def _one_model_each(self) -> Privacy:
        names = [table.resource for table in self.tables]
        if len(set(names)) != len(names):
            raise ValueError("a resource has one model")
        rows = [table for table in self.tables if isinstance(table, Microdata)]
        if len(rows) > 1 and (by_people := [one for one in rows if one.unit and one.unit.columns]):
            # Tables of one population are held against each other by rows (`disclosure.siblings`).
            raise ValueError(
                f"privacy of {by_people[0].resource}: `unit.columns` beside another table of rows: what only "
                "one of them counts would be compared by rows and not by people; publish one of them"
            )
        return self

    def table(self, resource: str) -> Microdata | Counts | None:
        """The model of a resource; None when it has none."""
        return next((table for table in self.tables if table.resource == resource), None)


def refuse_unfit(privacy: Privacy, resources: list[Resource]) -> None:
    """ValueError when a model names what is not published, or a resource of people has no model."""
    known = {resource.name: resource for resource in resources}
    for table in privacy.tables:
        if table.resource not in known:
            raise ValueError(f"privacy names resource {table.resource}, which is not declared")
        fields = {field.name: field for field in known[table.resource].published_fields}
        if isinstance(table, Microdata):
            _refuse_microdata(table, fields)
            _refuse_unit(table, known[table.resource])
        else:
            _refuse_counts(table, fields, privacy)
    for link in privacy.links:
        for name, column in link.columns.items():
            if name not in known or column not in {f.name for f in known[name].published_fields}:
                raise ValueError(f"privacy.links: {name}.{column} is not published")
        if not set(link.compare) <= set(link.columns):
            raise ValueError("privacy.links: `compare` speaks of a resource that `columns` does not name")
    for accepted in privacy.accepted:
        model = privacy.table(accepted.resource)
        if model is None:
            raise ValueError(f"privacy.accepted: {accepted.resource} has no model")
        names = {field.name for field in known[accepted.resource].published_fields}
        if accepted.column is not None and not (isinstance(model, Microdata) and accepted.column in names):
            raise ValueError(f"privacy.accepted: {accepted.column} is no published column of a table of rows")
    for resource in resources:
        one = privacy.table(resource.name)
        named = one.unit.columns if isinstance(one, Microdata) and one.unit else []
        refuse_idle_units(resource, named)
        people = [field.name for field in resource.published_fields if field.personal != "none"]
        if people and one is None:
            raise ValueError(f"resource {resource.name} is about people and has no model in `privacy`")


def _refuse_microdata(table: Microdata, fields: dict[str, FieldSpec]) -> None:
    where = f"privacy of {table.resource}"
    adversaries = [(table.quasi_identifiers, table.sensitive)]
    adversaries += [(one.knows, one.sensitive) for one in table.also_against]
    for knows, sensitive in adversaries:
        for name in [*knows, *(one.field for one in sensitive)]:
            if name not in fields:
                raise ValueError(f"{where}: {name} is not a published field")
        if len(set(knows)) != len(knows) or set(knows) & {one.field for one in sensitive}:
            raise ValueError(f"{where}: a field is known or sensitive, once")
    quasi = {name for knows, _ in adversaries for name in knows}
    watched = quasi | {one.field for _, sensitive in adversaries for one in sensitive}
    for field in fields.values():
        if field.hierarchy and field.name not in quasi:
            raise ValueError(f"{where}: {field.name} has a hierarchy and is no quasi-identifier")
        by_law = field.personal == "personal" and (field.legal_basis or field.treatment == "pseudonymize")
        if field.personal != "none" and field.name not in watched and not by_law:
            raise ValueError(f"{where}: {field.name} is {field.personal} and no model protects it")
    for name, level in table.levels.items():
        if name not in quasi or level > len(fields[name].hierarchy):
            raise ValueError(f"{where}: levels: {name} is no quasi-identifier with a level {level}")
    if table.suppression.kind == "cells":
        for name in quasi:
            if f"{name}_estado" not in fields:
                raise ValueError(f"{where}: cells of {name} can be suppressed: declare {name}_estado")


def _refuse_unit(table: Microdata, resource: Resource) -> None:
    where = f"privacy of {table.resource}"
    if table.unit is None:
        if any(field.personal != "none" for field in resource.published_fields):
            raise ValueError(
                f"{where}: say by `unit` which rows are of one person: `columns`, or `row` with the reason "
                "why each row is of another one"
            )
        return
    fields = {field.name: field for field in resource.fields}
    known = {name for knows in [table.quasi_identifiers, *(one.knows for one in table.also_against)]
             for name in knows}  # fmt: skip
    for name in table.unit.columns:
        if name not in fields or fields[name].pseudonym is None or name in known:
            raise ValueError(
                f"{where}: unit: {name} is no field with a pseudonym (transient, or published and not known)"
            )
    if table.unit.columns and table.suppression.kind == "cells":
        raise ValueError(f"{where}: units are counted over whole records: suppress records, not cells")


def refuse_idle_units(resource: Resource, named: list[str]) -> None:
    """ValueError for a transient pseudonym that no model's `unit` names: nothing else may carry one along."""
    for field in resource.unit_fields:
        if field.name not in named:
            raise ValueError(
                f"field {field.name} is a transient pseudonym and no `unit` of {resource.name} names it"
            )


def _refuse_counts(table: Counts, fields: dict[str, FieldSpec], privacy: Privacy) -> None:
    where = f"privacy of {table.resource}"
    for name in [table.count, *(dimension.field for dimension in table.dimensions)]:
        if name not in fields:
            raise ValueError(f"{where}: {name} is not a published field")
    if fields[table.count].type != "integer" or fields[table.count].treatment != "suppress":
        raise ValueError(f"{where}: {table.count} is an integer with treatment: suppress")
    if f"{table.count}_estado" not in fields:
        raise ValueError(f"{where}: cells of {table.count} can be suppressed: declare {table.count}_estado")
    for dimension in table.dimensions:
        role = privacy.roles.get(dimension.role or dimension.field, Role())
        if dimension.level > len(role.levels):
            raise ValueError(f"{where}: {dimension.field}: its role has no level {dimension.level}")
