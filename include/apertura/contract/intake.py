"""How data come in, as a contract declares it: readers of formats, sources, partitions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from apertura.contract.words import FieldName, Model, Slug, Text


class DelimitedReader(Model):
    """Separated text."""

    format: Literal["delimited"]
    separator: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    quote: Literal['"', ""] = '"'
    encodings: Annotated[list[Literal["utf-8", "cp1252", "latin-1", "utf-16"]], Field(min_length=1)] = [
        "utf-8",
        "cp1252",
    ]
    header_row: Annotated[int, Field(ge=1)] = 1
    header_rows: Annotated[int, Field(ge=1, le=5)] = Field(
        default=1,
        description="so many rows from header_row on make the header: their texts, without blanks around, "
        "are joined by a blank; above the last, an empty cell takes the text to its left",
    )
    trailing_separator: bool = Field(
        default=False, description="rows end with a separator that the header does not have"
    )


class Workbook(Model):
    """What is declared of a workbook, whichever its format: one sheet of it, and where its header stands."""

    sheet: Text | None = Field(default=None, description="by name; the first when absent")
    header_row: Annotated[int, Field(ge=1)] = 1
    header_rows: Annotated[int, Field(ge=1, le=5)] = Field(
        default=1,
        description="so many rows from header_row on make the header: their texts are joined by a blank; "
        "above the last, an empty cell takes the text to its left (merged cells)",
    )


class XlsxReader(Workbook):
    """An Office Open XML workbook: one sheet, values as they show, formulas as their cached values."""

    format: Literal["xlsx"]


class XlsReader(Workbook):
    """An Excel 97-2003 workbook (BIFF): one sheet, formulas as their cached values."""

    format: Literal["xls"]


class HtmlTableReader(Model):
    """An HTML table, often named .xls. The table is the one whose header row is the declared one."""

    format: Literal["html-table"]
    encodings: Annotated[list[Literal["utf-8", "cp1252", "latin-1"]], Field(min_length=1)] = [
        "utf-8",
        "cp1252",
        "latin-1",
    ]
    count_pattern: Text | None = Field(
        default=None,
        description="regular expression with one group `n`: the number of rows the page itself states",
    )


class JsonWhere(Model):
    """Which rows of a list are taken: by what stands at a path of theirs."""

    path: Annotated[str, StringConstraints(min_length=1)]
    has: list[str] = Field(default=[], description="only rows that have one of these")
    lacks: list[str] = Field(default=[], description="no row that has one of these")


class JsonReader(Model):
    """JSON documents in UTF-8: nested records, of which a table takes one row each or one per list element.

    A field's `source` is a path from the record on: `tender.items[].id` (see readers/json_paths). Each
    resource whose rows lie deeper has a `reader` of its own with other `rows`.
    """

    format: Literal["json"]
    records: Annotated[list[str], Field(min_length=1)] = Field(
        default=["[]", ""],
        description="where the records may be; the first place that a document has: `releases[]`, "
        "`records[].compiledRelease`, `[]` for a list, empty for a document that is one record",
    )
    rows: str = Field(
        default="",
        description="the list whose elements are the rows: `tender.items[]`; empty for the records",
    )

    where: JsonWhere | None = Field(
        default=None, description="which elements of `rows` are taken; those of another role are never read"
    )

    @model_validator(mode="after")
    def _paths(self) -> JsonReader:
        for path in [*self.records, self.rows]:
            if not JSON_PATH.match(path):
                raise ValueError("a path is keys joined by `.`, each may end with `[]`")
        if self.rows and not self.rows.endswith("[]"):
            raise ValueError("`rows` names a list, so it ends with `[]`")
        return self


JSON_PATH = re.compile(r"^(\[\])?$|^(\[\]\.)?[^.\[\]]+(\[\])?(\.[^.\[\]]+(\[\])?)*$")
"""Keys joined by points, each a list or not."""


class SavReader(Model):
    """An SPSS system file (.sav): a column for each variable."""

    format: Literal["sav"]
    encoding: Literal["utf-8", "cp1252", "latin-1"] | None = Field(
        default=None, description="of its texts, where the file does not say it, or says it wrongly"
    )
    labels: list[Text] = Field(
        default=[],
        description="variables of which each value is read as its label (Hombre, not 1); a value without "
        "one, and every other variable, is read as it is. A name that a file does not have is passed over",
    )


class QueryReader(Model):
    """What a SQL source wrote: Parquet of text columns."""

    format: Literal["query"]


Reader = Annotated[
    DelimitedReader | XlsxReader | XlsReader | HtmlTableReader | JsonReader | SavReader | QueryReader,
    Field(discriminator="format"),
]


class IndexEntries(Model):
    """An index in JSON: where its entries are, and what each says of one file. Paths as in JsonReader."""

    at: Text = Field(description="the list of entries: `[]`, `result[]`")
    link: Text = Field(description="path in an entry to the file's address: `files.json`")
    name: Annotated[list[Text], Field(min_length=1)] = Field(
        description="paths in an entry whose values, joined by `-`, are the file's name for "
        "`partitions.file`; a number of one digit gets a zero before it"
    )


class HttpSource(Model):
    """Files over HTTP(S). Either a fixed list of files, or an index page whose links are recognised."""

    kind: Literal["http"]
    connection: Slug | Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    files: Annotated[list[Text], Field(min_length=1)] | None = Field(
        default=None, description="relative paths, fetched together"
    )
    index: Text | None = Field(default=None, description="relative path of a page that links the files")
    link: Text | None = Field(
        default=None,
        description="regular expression over a link's file name, for an unpartitioned dataset; a partitioned "
        "one says it in `partitions.file`",
    )
    entries: IndexEntries | None = Field(
        default=None, description="when the index is JSON: where it says which files there are"
    )
    unzip: Text | None = Field(default=None, description="the zip member to take, as a glob: *.txt")
    max_bytes: Annotated[int, Field(gt=0)] = 2_000_000_000

    @model_validator(mode="after")
    def _files_or_index(self) -> HttpSource:
        if (self.files is None) == (self.index is None):
            raise ValueError("an http source has exactly one of `files` and `index`")
        if self.link is not None and self.index is None:
            raise ValueError("`link` chooses among the links of an `index`")
        if self.entries is not None and self.index is None:
            raise ValueError("`entries` reads an `index` in JSON")
        for path in self.files or []:
            if path.startswith("/") or ".." in path.split("/") or "://" in path:
                raise ValueError("a file is a relative path; host and scheme belong to the connection")
        return self


class CkanSource(Model):
    """Resources of one package of a CKAN portal: their files, or their tables in the datastore.

    A partitioned dataset says in `partitions.file` which part a resource's name means.
    """

    kind: Literal["ckan"]
    connection: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    package: Text = Field(description="the package's name or id")
    resource: Text | None = Field(default=None, description="regular expression over a resource's name")
    resource_format: Text | None = Field(default=None, description="CSV, XLSX: as the portal says it")
    datastore: bool = Field(
        default=False, description="take the table from the datastore, page by page, as CSV in UTF-8"
    )
    page_rows: Annotated[int, Field(ge=1, le=32_000)] = 10_000
    unzip: Text | None = Field(default=None, description="the zip member to take, as a glob: *.txt")
    max_bytes: Annotated[int, Field(gt=0)] = 2_000_000_000

    @model_validator(mode="after")
    def _some_resources(self) -> CkanSource:
        if self.resource is None and self.resource_format is None:
            raise ValueError("say which resources: by `resource` (their name), `resource_format`, or both")
        if self.datastore and self.unzip:
            raise ValueError("a datastore table is no archive: `unzip` is for files")
        return self


class SqlSource(Model):
    """A query of sql/extract/<institution>/<dataset>.sql against a database."""

    kind: Literal["sql"]
    connection: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    parameters: dict[str, str | int] = {}


class InboxSource(Model):
    """Files that an operator drops into inbox/<institution>/<dataset>/ of the private bucket."""

    kind: Literal["inbox"]


Source = Annotated[HttpSource | CkanSource | SqlSource | InboxSource, Field(discriminator="kind")]


class Least(Model):
    """A part of a partition's key that a file's own rows tell."""

    least: Annotated[list[Text], Field(min_length=1)] = Field(
        description="columns: the smallest whole number in the first of them that the file has. Of events "
        "registered late, the smallest year of registration is the year of the file"
    )


class Content(Model):
    """What tells a dataset's files from others, and their partition, where names are random."""

    has: Annotated[list[Text], Field(min_length=1)] = Field(
        description="columns that each file of this dataset has, whatever its year"
    )
    lacks: list[Text] = Field(default=[], description="columns that only files of other datasets have")
    groups: Annotated[dict[FieldName, Least], Field(min_length=1)] = Field(
        description="groups that `key` uses beside those of `file`"
    )


class Partitions(Model):
    """How a dataset that arrives in parts is cut; how a part's key is read from a file's name, or content."""

    by: Literal["month", "year"]
    key: Text = Field(description="built from the link's (or dropped file's) groups, as {año}-{mes}")
    file: Text = Field(description="regular expression over a file name with the groups that `key` uses")
    content: Content | None = Field(
        default=None,
        description="for sources with random file names: every file that `file` names is looked into, those "
        "of other datasets are passed over",
    )


def refuse_unfit_intake(
    source: Source, partitions: Partitions | None, reader: Reader, others: Sequence[Reader], *, layouts: bool
) -> None:
    """ValueError when source, partitions and readers (the dataset's, its tables') do not go together."""
    if source.kind == "http" and source.index is not None:
        if (source.link is None) == (partitions is None):
            raise ValueError("an index needs exactly one of `source.link` and `partitions`")
    elif source.kind not in ("inbox", "ckan") and partitions is not None:
        raise ValueError("`partitions` needs a source with an `index`, a CKAN package, or the inbox")
    if layouts and any(one.format == "json" for one in (reader, *others)):
        raise ValueError("`layouts` tell headers apart; a JSON source has none: declare every path")
    named = [one.format for one in others]
    if (source.kind == "sql") != (reader.format == "query") or "query" in named:
        raise ValueError("a sql source is read by `reader: {format: query}`, and only it")
