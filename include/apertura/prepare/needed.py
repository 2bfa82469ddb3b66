"""Which words and lists of the vocabulary a dataset can come to use.

Making all of them known takes longer than most tables: each stage is a process of its own, so it makes only
those that the dataset's files name or that the library itself calls. A word too many costs a millisecond; a
word too few stops the stage with an error of the engine, never with another result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from apertura.contract import Dataset
from apertura.contract.check import DEFAULT_FORMATS

if TYPE_CHECKING:
    from apertura.prepare.vocabulary import Macro

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LIST = re.compile(r"[a-z][a-z0-9-]*")
_OWN = frozenset(
    {"band_label", "code_key", "cui", "cui_written", "fits_scale", "fold_text", "hmac_sha256", "holds_cui"}
    | {"holds_email", "holds_mobile", "nit", "nit_bare", "person_key", "phone", "place_key", "safe_text"}
    | {"tidy_text", "trim_text", "word_key"}
)
"""What the library calls of itself, whatever the contract says."""
_TYPED = ("missing", "date", "datetime", "number", "integer", "boolean")
"""First parts of words that a contract calls by the rest: `format: dmy`, `missing: [weather]`."""


def needed(dataset: Dataset, vocabulary: Mapping[str, Macro], used: Mapping[str, set[str]]) -> list[Macro]:
    """The macros to make, each after those it uses; `used` says which ones a macro's text names.

    The detectors (`holds_…`) are not among them unless they are named: see `detectors`.
    """
    names = _named(dataset)
    first = {name for name in vocabulary if name in _OWN or _asked(name, names, dataset)}
    return _with_used(first, vocabulary, used)


def detectors(
    vocabulary: Mapping[str, Macro], used: Mapping[str, set[str]], dataset: Dataset | None = None
) -> list[Macro]:
    """What the gate calls: all detectors, what they use, and the words by which a dataset exempts rows."""
    names = _named(dataset) if dataset is not None else set()
    first = {name for name in vocabulary if name.startswith("holds_") or name in _OWN or name in names}
    return _with_used(first, vocabulary, used)


def needed_lists(dataset: Dataset, macros: Iterable[Macro]) -> list[Path]:
    """The lists that the dataset's files or these macros name."""
    names = _named(dataset, _LIST).union(*(_LIST.findall(macro.sql) for macro in macros))
    return [path for path in dataset.list_paths if path.stem in names]


def _with_used(first: set[str], vocabulary: Mapping[str, Macro], used: Mapping[str, set[str]]) -> list[Macro]:
    pending, found = list(first), set[str]()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += used[name]
    return [macro for name, macro in vocabulary.items() if name in found]


def _asked(name: str, names: set[str], dataset: Dataset) -> bool:
    head, _, tail = name.partition("_")
    if head in _TYPED and (tail in names or tail == DEFAULT_FORMATS.get(head)):
        return True
    if name.endswith("_of"):  # generalisations; a model climbs a hierarchy to its end
        return name.removesuffix("_of") in names or name in names or dataset.contract.privacy is not None
    return name in names or (name == "place_named" and "label_of" in names)


def _named(dataset: Dataset, form: re.Pattern[str] = _NAME) -> set[str]:
    """Every name in the files that are the dataset's own."""
    paths = [dataset.path, dataset.corrections_path]
    paths += [dataset.reshape_sql_path(one) for one in dataset.contract.resources if one.reshape]
    texts = [path.read_text("utf-8") for path in paths if path.exists()]
    # The contract as it is in hand, too: it need not be what the file says by now.
    texts.append(dataset.contract.model_dump_json(by_alias=True))
    return {name for text in texts for name in form.findall(text)}
