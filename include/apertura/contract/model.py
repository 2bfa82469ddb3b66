"""The contract: everything that is declared of a dataset, as one validated model.

Words follow Frictionless Table Schema (fields, constraints, primaryKey, missingValues) and DCAT
(accrualPeriodicity, landingPage, keyword, theme); what neither has a word for is ours, in snake_case.
The model refuses what would be dangerous; `apertura.contract.check` adds what needs the project's files.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from apertura.contract.compare import Compare, UsageWarning, refuse_unfit_quality
from apertura.contract.dropped import Dropped, spread
from apertura.contract.gate import Exemption, refuse_unfit_exemptions
from apertura.contract.handling import Generalize, Inside, LegalBasis, Pseudonym, Reserve
from apertura.contract.inherit import refuse_lighter_classes, refuse_other_classes, refuse_second_names
from apertura.contract.intake import Partitions, Reader, Source, refuse_unfit_intake
from apertura.contract.package import Package, refuse_unfit_packages
from apertura.contract.privacy import Level, Privacy, refuse_idle_units, refuse_unfit, refuse_unnested
from apertura.contract.steps import Derive, Step
from apertura.contract.views import View, refuse_unfit_views
from apertura.contract.words import Date, FieldName, Fraction, MacroName, Model, Periodicity, Slug, Text


class Constraints(Model):
    """Table Schema constraints; each becomes an expectation of severity critical."""

    required: bool = False
    unique: bool = False
    enum: list[str] | None = None
    pattern: str | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    minLength: int | None = None  # noqa: N815 (Table Schema's word)
    maxLength: int | None = None  # noqa: N815


class Decimal(Model):
    """Exact number: never a float. `precision` digits in all, `scale` of them after the point."""

    precision: Annotated[int, Field(ge=1, le=38)] = 18
    scale: Annotated[int, Field(ge=0, le=18)] = 2

    @model_validator(mode="after")
    def _scale_fits(self) -> Decimal:
        if self.scale > self.precision:
            raise ValueError("scale may not exceed precision")
        return self


class FieldSpec(Model):
    """One column: where it comes from, what it means, what may be known of it, what is done to it."""

    name: FieldName
    source: str | dict[Slug, str] | None = Field(
        default=None, description="the source's column name, exactly; by layout where layouts differ"
    )
    derive: Derive | None = None
    title: Text | None = None
    description: Text | None = None
    unit: Text | None = None
    type: Literal["string", "integer", "number", "boolean", "date", "datetime"] = "string"
    format: MacroName | None = Field(
        default=None, description="how the source writes it: macro <type>_<format> of sql/clean"
    )
    decimal: Decimal = Decimal()
    missingValues: list[str] = [""]  # noqa: N815 (Table Schema's word)
    missing: list[MacroName] = Field(
        default=[],
        description="named sets of missing markers: weather is the macro missing_weather of sql/clean",
    )
    empty_string: Literal["null", "keep"] = "null"
    clean: list[Step] = ["trim_text"]
    admit: MacroName | None = Field(
        default=None,
        description="only what this macro returns leaves deidentify: how an official telephone is kept "
        "and a mobile is not",
    )
    constraints: Constraints = Constraints()
    tolerance: Fraction = Field(default=0.0, description="largest share of values that may not parse")
    access: Literal["publica", "confidencial", "reservada"]
    personal: Literal["none", "personal", "sensible"]
    treatment: Literal["keep", "drop", "pseudonymize", "generalize", "suppress", "transient"]
    legal_basis: LegalBasis | None = None
    reserve: Reserve | None = None
    pseudonym: Pseudonym | None = None
    inside: Inside | None = Field(
        default=None, description="a text that stays, with pseudonyms in place of the people in it"
    )
    generalize: Generalize | None = None
    hierarchy: list[Level] = Field(
        default=[],
        description="what protect may generalise to, level 1 first; level 0 is the value itself. Goes with "
        "treatment: generalize in place of `generalize`",
    )
    exempt: list[Exemption] = Field(
        default=[], description="what a detector of personal data finds here and may be published, and why"
    )
    state_of: FieldName | None = Field(
        default=None,
        description="this field tells why that one has no value: suprimido, no_disponible, no_aplica",
    )
    partition: bool = Field(
        default=False, description="its text is the key of the partition: for what a file's rows leave out"
    )
    reshaped: bool = Field(
        default=False, description="only the resource's reshape gives it: a count of rows, what sums tell"
    )
    label_of: FieldName | None = Field(
        default=None,
        description="this field names the place that the published code in that one stands for, at whatever "
        "level protect leaves it",
    )

    @property
    def late(self) -> bool:
        """Whether only protect can tell its value: it follows from what another column is published as."""
        return self.state_of is not None or self.label_of is not None

    @property
    def keyed(self) -> Pseudonym | None:
        """How pseudonyms are made of it, of the whole or of what is inside."""
        return self.inside.pseudonym if self.inside is not None else self.pseudonym

    @property
    def published(self) -> bool:
        """Whether the column is in the release."""
        return self.treatment not in ("drop", "transient")

    @property
    def tells_unit(self) -> bool:
        """Whether it goes as far as protect, as a pseudonym, to tell which rows are of one person."""
        return self.treatment == "transient" and self.pseudonym is not None

    @property
    def published_type(self) -> str:
        """The type analysts get: pseudonyms and generalised values are text."""
        return "string" if self.treatment in ("pseudonymize", "generalize") else self.type

    @model_validator(mode="after")
    def _fails_closed(self) -> FieldSpec:
        if self.source is not None and self.derive is not None:
            raise ValueError("a field has `source` or `derive`, not both")
        if self.personal == "sensible" and self.access == "publica":
            raise ValueError("personal: sensible implies access: confidencial (Decreto 57-2008, art. 22)")
        if self.personal == "sensible" and self.treatment == "keep":
            raise ValueError("a sensible column is never kept: drop, generalize, suppress or pseudonymize it")
        if self.access != "publica" and self.treatment == "keep":
            raise ValueError(f"access: {self.access} is never kept as it is")
        if self.access == "reservada" and self.treatment not in ("drop",):
            raise ValueError("access: reservada is dropped until the reservation ends")
        if (self.access == "reservada") != (self.reserve is not None):
            raise ValueError("access: reservada and `reserve` (resolution, date, expires) go together")
        if self.personal == "personal" and self.treatment == "keep" and self.legal_basis is None:
            raise ValueError("keeping personal data needs `legal_basis` from the closed list")
        if self.treatment == "pseudonymize" and self.pseudonym is None:
            raise ValueError("treatment: pseudonymize and `pseudonym` go together")
        if self.pseudonym is not None and self.treatment not in ("pseudonymize", "transient"):
            raise ValueError("`pseudonym` needs treatment: pseudonymize, or transient for a privacy `unit`")
        if self.inside is not None and (
            self.source is None or self.type != "string" or self.treatment not in ("keep", "transient")
        ):
            raise ValueError("`inside` is for a string from the source with treatment: keep or transient")
        if (self.treatment == "generalize") != ((self.generalize is not None) != bool(self.hierarchy)):
            raise ValueError("treatment: generalize takes exactly one of `generalize` and `hierarchy`")
        if (self.generalize or self.hierarchy) and self.treatment != "generalize":
            raise ValueError("`generalize` and `hierarchy` need treatment: generalize")
        refuse_unnested(self.hierarchy)
        if self.state_of is not None and (
            self.name != f"{self.state_of}_estado" or self.treatment != "keep" or self.type != "string"
        ):
            raise ValueError("a field with `state_of: x` is named x_estado, a string with treatment: keep")
        if self.label_of is not None and (self.treatment != "keep" or self.type != "string"):
            raise ValueError("a field with `label_of` is a string with treatment: keep")
        if self.published and (not self.title or not self.description):
            raise ValueError("a published column needs `title` and `description` (in Spanish)")
        if self.derive is not None and self.treatment in ("drop", "pseudonymize"):
            raise ValueError("a derived field is kept, generalized or transient")
        if self.type in ("number", "boolean", "date", "datetime", "integer") and self.empty_string == "keep":
            raise ValueError("empty_string: keep is for type string only")
        return self


class PatternSpec(Model):
    """Columns of a wide source that are recognised by name and become rows.

    `pattern` is a regular expression over the whole column name; each named group becomes a text
    column of that name, the cell becomes `value`. One classification holds for all of them.
    """

    pattern: Text
    value: FieldName = Field(description="the field that takes the cell")
    groups: dict[str, FieldName] = Field(min_length=1, description="named group -> field")

    @model_validator(mode="after")
    def _is_narrow(self) -> PatternSpec:
        try:
            compiled = re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"pattern is no regular expression: {error.msg}") from None
        if set(compiled.groupindex) != set(self.groups):
            raise ValueError("each named group of `pattern` is mapped by `groups`, and no other")
        strangers = ("", "x", "nombre", "dpi", "Columna 1", "¿?", "123", "a_b-c.d", "María Pérez", "ZZZZZZ 9")
        admitted = sum(compiled.fullmatch(name) is not None for name in strangers)
        if admitted > 1:
            raise ValueError("this pattern admits names it should not; write what the names look like")
        return self


class Condition(Model):
    """When a row leaves. A null where an answer is needed counts as yes: it fails closed."""

    field: FieldName | None = None
    in_: list[str] | None = Field(default=None, alias="in")
    not_in: list[str] | None = None
    matches: str | None = Field(default=None, description="RE2 over the folded text (upper case, no accents)")
    macro: MacroName | None = None
    of: list[FieldName] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Condition:
        kinds = [self.in_, self.not_in, self.matches, self.macro]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("a condition is exactly one of `in`, `not_in`, `matches`, `macro`")
        if (self.macro is None) != (self.of is None) or (self.macro is None) != (self.field is not None):
            raise ValueError("`macro` takes `of`; the others take `field`")
        return self


class ExcludeRows(Model):
    """Rows that leave whole, before any other stage, because a law says so."""

    when: Condition
    legal_basis: LegalBasis


class Resource(Model):
    """One published table."""

    name: Slug
    title: Text
    description: Text
    files: Text | None = Field(
        default=None, description="regular expression over file names: which files of the extract it reads"
    )
    primaryKey: list[FieldName] = []  # noqa: N815 (Table Schema's word)
    fields: Annotated[list[FieldSpec], Field(min_length=1)]
    patterns: list[PatternSpec] = []
    reader: Reader | None = Field(
        default=None, description="when it differs from the dataset's: another sheet, another format"
    )
    reshape: bool = Field(default=False, description="sql/reshape/<institution>/<resource>.sql is applied")
    exclude_rows: list[ExcludeRows] = []
    drop_empty_rows: bool = False
    drop_empty_cells: bool = Field(
        default=False, description="an empty cell of a column that a pattern recognises makes no row"
    )

    @property
    def published_fields(self) -> list[FieldSpec]:
        """The columns of the release, in order."""
        return [field for field in self.fields if field.published]

    @property
    def unit_fields(self) -> list[FieldSpec]:
        """Transient pseudonyms that tell who a row is of: protect drops them."""
        return [field for field in self.fields if field.tells_unit]

    @property
    def cleaned_fields(self) -> list[FieldSpec]:
        """What clean leaves for protect."""
        return [*self.published_fields, *self.unit_fields]

    def field(self, name: str) -> FieldSpec:
        """The field of that name; KeyError when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    @model_validator(mode="after")
    def _names_agree(self) -> Resource:
        names = [field.name for field in self.fields]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"field {name} is declared twice")
        if not self.published_fields:
            raise ValueError("a resource publishes at least one column")
        known = set(names)
        fed = {name for pattern in self.patterns for name in (pattern.value, *pattern.groups.values())}
        for field in self.fields:
            ways = [field.source is not None, field.derive is not None]
            ways += [field.state_of is not None, field.label_of is not None, field.reshaped, field.partition]
            if sum([*ways, field.name in fed]) != 1:
                raise ValueError(
                    f"field {field.name} needs exactly one of `source`, `derive`, `state_of`, `label_of`, "
                    "`reshaped`, `partition` and a pattern that feeds it"
                )
            for wanted in (field.state_of, field.label_of):
                if wanted is None:
                    continue
                if wanted not in known or not self.field(wanted).published or self.field(wanted).late:
                    raise ValueError(f"field {field.name}: {wanted} is not a published field of its own")
        if not fed <= known:
            raise ValueError(f"patterns feed {', '.join(sorted(fed - known))}, which is not declared")
        for wanted in self.primaryKey:
            if wanted not in known or not self.field(wanted).published:
                raise ValueError(f"primaryKey names {wanted}, which is not a published field")
        for field in self.fields:
            for wanted in field.derive.of if field.derive else []:
                if wanted not in known or wanted == field.name or self.field(wanted).treatment == "drop":
                    raise ValueError(f"field {field.name} derives from {wanted}, which is dropped or unknown")
                if self.field(wanted).tells_unit:
                    raise ValueError(f"field {field.name} derives from {wanted}, which only tells the unit")
            for wanted in field.inside.of if field.inside else []:
                if wanted not in known or self.field(wanted).source is None:
                    raise ValueError(f"field {field.name}: inside names {wanted}, which has no `source`")
        refuse_second_names(self.fields)
        refuse_lighter_classes(self)
        refuse_unfit_exemptions(self.fields)
        for rule in self.exclude_rows:
            for wanted in rule.when.of or [str(rule.when.field)]:
                if wanted not in known or self.field(wanted).source is None:
                    raise ValueError(f"exclude_rows names {wanted}, which is not a source field")
        return self


class Layout(Model):
    """One shape the source has had, recognised by its header."""

    name: Slug
    reader: Reader | None = Field(default=None, description="when it differs from the dataset's")


class Guards(Model):
    """What stops a release that looks wrong against the last one."""

    minimum_rows: Annotated[int, Field(ge=1)] = 1
    rows_change: Fraction = Field(
        default=0.3, description="largest fall in rows against the last release; a rise is never an error"
    )
    compare: Compare = Compare()


class ReleaseDecision(Model):
    """Who decided that this may be published, on what basis, until when. No release without it."""

    decided_by: Text
    legal_basis: LegalBasis
    date: Date
    review: Date
    licence: Text = Field(description="as the source states it; `sin licencia declarada` when it does not")
    licence_url: Text | None = None

    @model_validator(mode="after")
    def _review_follows(self) -> ReleaseDecision:
        if self.review <= self.date:
            raise ValueError("`review` must lie after `date`")
        return self


class Contract(Model):
    """One dataset, `<institution>/<name>`."""

    apertura: Literal[1]
    institution: Slug
    name: Slug
    schemaVersion: Annotated[int, Field(ge=1)]  # noqa: N815
    title: Text
    description: Annotated[str, StringConstraints(strip_whitespace=True, min_length=50)]
    keyword: Annotated[list[Text], Field(min_length=1)]
    theme: Literal[
        "AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH", "TRAN"
    ] = Field(description="EU data theme")
    accrualPeriodicity: Periodicity  # noqa: N815 (DCAT's word)
    spatial: Text = "Guatemala"
    temporal: Text | None = None
    landingPage: Annotated[str, StringConstraints(pattern=r"^https?://")]  # noqa: N815 (DCAT's word)
    legal_duty: Text = Field(description="the article of the law that this publication fulfils")
    caveats: list[Text] = Field(default=[], description="qué no dicen estos datos")
    usage_warnings: list[UsageWarning] = Field(
        default=[], description="what must be known before use, by codes of a closed vocabulary"
    )
    release: ReleaseDecision
    source: Source
    partitions: Partitions | None = None
    reader: Reader
    layouts: list[Layout] = []
    guards: Guards = Guards()
    dropped: list[Dropped] = Field(default=[], description="columns that tables do not read, declared once")
    resources: Annotated[list[Resource], Field(min_length=1)]
    packages: list[Package] = Field(
        default=[], description="nested documents that the published tables are put together to"
    )
    privacy: Privacy | None = Field(default=None, description="statistical disclosure control")
    views: list[View] = Field(default=[], description="charts and maps of the dataset's page")

    @property
    def id(self) -> str:
        """`<institution>/<name>`."""
        return f"{self.institution}/{self.name}"

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, read: object) -> object:
        return spread(read)

    @model_validator(mode="after")
    def _holds_together(self) -> Contract:
        if self.resources[0].name != self.name:
            raise ValueError("the first resource is named like the dataset")
        names = [resource.name for resource in self.resources]
        if len(set(names)) != len(names):
            raise ValueError("two resources share a name")
        refuse_other_classes(self.resources)
        layouts = {layout.name for layout in self.layouts}
        if self.partitions is None and any(field.partition for one in self.resources for field in one.fields):
            raise ValueError("a field with `partition` needs a dataset with `partitions`")
        for resource in self.resources:
            for field in resource.fields:
                if isinstance(field.source, dict) and not set(field.source) <= layouts:
                    raise ValueError(f"field {field.name} names a layout that is not declared in `layouts`")
                rotates = field.keyed is not None and field.keyed.rotation == "release"
                if rotates and self.partitions is not None:
                    raise ValueError(
                        f"field {field.name}: pseudonyms of a partitioned dataset cannot rotate by release; "
                        "use rotation: stable with a reason, or drop the column"
                    )
                modelled = self.privacy is not None and self.privacy.table(resource.name) is not None
                if (field.treatment == "suppress" or field.hierarchy) and not modelled:
                    raise ValueError(f"field {field.name} waits for a model of `privacy` for {resource.name}")
        if self.privacy is not None:
            refuse_unfit(self.privacy, self.resources)
        for resource in self.resources if self.privacy is None else []:
            refuse_idle_units(resource, [])
        refuse_unfit_packages(self.packages, self.resources)
        refuse_unfit_views(self.views, self.resources)
        refuse_unfit_quality(self.guards.compare, self.usage_warnings, self.resources)
        others = [one.reader for one in self.resources if one.reader is not None]
        refuse_unfit_intake(self.source, self.partitions, self.reader, others, layouts=bool(self.layouts))
        return self
