"""YAML 1.2 to a validated model, with errors that name file, line, key, what was found, what is allowed.

Plain scalars resolve as in JSON and nothing else: `0101`, `NO`, `2020-01-01` and `1_000` stay text,
duplicate keys are refused. Comments are for maintainers and are not part of what a release is made from.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from apertura.contract.institution import Institution
from apertura.contract.model import Contract
from apertura.contract.open import advice, open_places
from apertura.errors import ContractError

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]

_INTEGER = re.compile(r"^-?(0|[1-9]\d*)$")
_FLOAT = re.compile(r"^-?(0|[1-9]\d*)(\.\d+)([eE][+-]?\d+)?$")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}


class _Document:
    """A parsed document and, for every place in it, the line it stands on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Location, int] = {}
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ContractError(f"{path}: there is no such file") from None
        except UnicodeDecodeError:
            raise ContractError(f"{path}: not UTF-8", hint="save the file as UTF-8") from None
        try:
            node = _compose(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ContractError(f"{path}:{line}: not YAML: {error.problem}") from None
        self.value = self._build(node, ()) if node is not None else {}

    def line(self, location: Location) -> int:
        """The line of the deepest known part of a place."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def _build(self, node: yaml.Node, location: Location) -> object:
        self.lines.setdefault(location, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self._build(item, (*location, index)) for index, item in enumerate(node.value)]
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in result:
                raise ContractError(f"{self.path}:{line}: key `{key}` stands twice", hint="keep one of them")
            self.lines[(*location, key)] = line
            result[key] = self._build(value_node, (*location, key))
        return result


if yaml.__with_libyaml__:

    class _Quick(yaml.CSafeLoader):
        """libyaml, and no guess at what a plain scalar is: `_scalar` decides that."""

        yaml_implicit_resolvers: dict[str, list[object]] = {}


def _compose(text: str) -> yaml.Node | None:
    """The document's nodes, by libyaml where there is one: a portal of a thousand contracts reads them all.

    What it refuses is read again without it, so that everybody gets the same message.
    """
    if yaml.__with_libyaml__:
        try:
            node: yaml.Node | None = yaml.compose(text, Loader=_Quick)
            return node
        except yaml.YAMLError:
            pass
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _scalar(node: yaml.ScalarNode) -> object:
    text = str(node.value)
    if node.style:  # None, or with libyaml an empty text, is a plain one
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


def load_model(path: Path, model: type[M]) -> M:
    """A file as a model; ContractError lists everything that is wrong with it, by line and key.

    What a draft left open comes first, whatever the model would say of it.
    """
    return _loaded(path, model)[0]


def _loaded(path: Path, model: type[M]) -> tuple[M, object]:
    """The model, and what the file says as JSON has it."""
    document = _Document(path)
    waiting = list(open_places(document.value))
    problems = [_open_problem(document, place) for place in waiting]
    try:
        loaded = model.model_validate(document.value)
        if not waiting:
            return loaded, document.value
    except ValidationError as error:
        items = [dict(item) for item in error.errors(include_url=False)]
        problems += [_problem(document, item) for item in items if _place(document, item) not in waiting]
    raise ContractError("\n".join(problems), hint="mend the lines named, then `apertura check`")


def _open_problem(document: _Document, location: Location) -> str:
    key = ".".join(str(part) for part in location)
    return f"{document.path}:{document.line(location)}: {key}: {advice(location)}"


def _place(document: _Document, item: dict[str, object]) -> Location:
    raw = item["loc"]
    assert isinstance(raw, tuple)  # noqa: S101 (pydantic's promise)
    return _without_tags(document, raw)


def _problem(document: _Document, item: dict[str, object]) -> str:
    location = _place(document, item)
    key = ".".join(str(part) for part in location) or "(whole file)"
    message = str(item["msg"]).removeprefix("Value error, ")
    found = ""
    value = item.get("input")
    if isinstance(value, str | int | float | bool) and item["type"] != "missing":
        found = f"; found {value!r}"
    return f"{document.path}:{document.line(location)}: {key}: {message}{found}"


def _without_tags(document: _Document, raw: Location) -> Location:
    """Pydantic puts the tag of a union into the place; the file has no such key."""
    place: Location = ()
    for part in raw:
        longer = (*place, part)
        if longer in document.lines:
            place = longer
        elif part == raw[-1] and isinstance(part, str):
            return longer
    return place


def load_contract(path: Path) -> Contract:
    """The contract in `path`; ContractError lists everything that is wrong with it."""
    return load_model(path, Contract)


def load_with_value(path: Path) -> tuple[Contract, object]:
    """The contract in `path`, and what the file says as JSON has it: `Contract.model_validate` of that is the
    contract again, in a tenth of the time. ContractError as above."""
    return _loaded(path, Contract)


def load_institution(path: Path) -> Institution:
    """The institution in `path`; ContractError lists everything that is wrong with it."""
    return load_model(path, Institution)
