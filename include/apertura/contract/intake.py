"""How data come in, as a contract declares it: readers of formats, sources, partitions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from apertura.contract.words import Model, Slug, Text


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
    trailing_separator: bool = Field(
        default=False, description="rows end with a separator that the header does not have"
    )


class XlsxReader(Model):
    """An Office Open XML workbook: one sheet, values as they show, formulas as their cached values."""

    format: Literal["xlsx"]
    sheet: Text | None = Field(default=None, description="by name; the first when absent")
    header_row: Annotated[int, Field(ge=1)] = 1


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


class QueryReader(Model):
    """What a SQL source wrote: Parquet of text columns."""

    format: Literal["query"]


Reader = Annotated[
    DelimitedReader | XlsxReader | HtmlTableReader | QueryReader, Field(discriminator="format")
]


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
    unzip: Text | None = Field(default=None, description="the zip member to take, as a glob: *.txt")
    max_bytes: Annotated[int, Field(gt=0)] = 2_000_000_000

    @model_validator(mode="after")
    def _files_or_index(self) -> HttpSource:
        if (self.files is None) == (self.index is None):
            raise ValueError("an http source has exactly one of `files` and `index`")
        if self.link is not None and self.index is None:
            raise ValueError("`link` chooses among the links of an `index`")
        for path in self.files or []:
            if path.startswith("/") or ".." in path.split("/") or "://" in path:
                raise ValueError("a file is a relative path; host and scheme belong to the connection")
        return self


class SqlSource(Model):
    """A query of sql/extract/<institution>/<dataset>.sql against a database."""

    kind: Literal["sql"]
    connection: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    parameters: dict[str, str | int] = {}


class InboxSource(Model):
    """Files that an operator drops into inbox/<institution>/<dataset>/ of the private bucket."""

    kind: Literal["inbox"]


Source = Annotated[HttpSource | SqlSource | InboxSource, Field(discriminator="kind")]


class Partitions(Model):
    """How a dataset that arrives in parts is cut, and how a part's key is read from a file's name."""

    by: Literal["month", "year"]
    key: Text = Field(description="built from the link's (or dropped file's) groups, as {año}-{mes}")
    file: Text = Field(description="regular expression over a file name with the groups that `key` uses")
