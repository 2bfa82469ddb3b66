"""What a contract must also satisfy that the model alone cannot see: the project's files and the calendar."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from apertura.contract.corrections import load_corrections, unfit
from apertura.contract.counted import refuse_counts_apart
from apertura.contract.linked import refuse_people_linked
from apertura.contract.model import FieldSpec, Resource
from apertura.contract.project import Dataset
from apertura.contract.steps import Argument, arguments_of, macro_of
from apertura.errors import ContractError

RESERVE_WARNING = dt.timedelta(days=90)

# What of a regular expression is not a literal letter; a named group and a flag have letters of their own.
_NOT_LITERAL = re.compile(
    r"\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\x[0-9A-Fa-f]{2}|\\[A-Za-z]|\(\?P?<\w+>|\(\?[A-Za-z-]+[:)]|\[:\^?\w+:\]"
)

_SIGNATURE = re.compile(r"^CREATE OR REPLACE MACRO \w+\(([^)]*)\)", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One thing to mend (`blocks`) or to know. `place` is resource and field, or the key concerned."""

    place: str
    message: str
    blocks: bool = True


def check(dataset: Dataset, today: dt.date) -> list[Finding]:
    """Everything that keeps the dataset from being run, and what will soon; empty when all is well."""
    findings = [*_release(dataset, today), *_source(dataset), *_expressions(dataset), *_privacy(dataset)]
    findings += [*_corrections(dataset), *_apart(dataset), *_accepted(dataset)]
    findings += _usage_warnings(dataset)
    vocabulary = {path.stem for path in dataset.vocabulary_paths}
    for resource in dataset.contract.resources:
        findings += _resource(dataset, resource, vocabulary, today)
    return findings


def _usage_warnings(dataset: Dataset) -> list[Finding]:
    """Codes of `usage_warnings` that the vocabulary does not have."""
    from apertura.quality.usage import VOCABULARY, unknown_codes

    return [Finding("usage_warnings", f"{code} is not in {VOCABULARY}") for code in unknown_codes(dataset)]


def _release(dataset: Dataset, today: dt.date) -> list[Finding]:
    decision = dataset.contract.release
    if decision.date > today:
        return [Finding("release.date", "the release decision lies in the future: not decided yet")]
    if decision.review < today:
        # A warning: what was decided stays decided, but somebody must look at it again.
        message = f"the decision was to be reviewed by {decision.review}; decide again"
        return [Finding("release.review", message, blocks=False)]
    return []


def _corrections(dataset: Dataset) -> list[Finding]:
    """Corrections are well written and speak of what the contract declares; told by number, not by value."""
    name = dataset.corrections_path.name
    try:
        corrections = load_corrections(dataset.corrections_path)
    except ContractError as error:
        return [Finding(name, line) for line in error.message.splitlines()]
    return [
        Finding(name, f"correction {number}: {message}")
        for number, message in unfit(dataset.contract, corrections)
    ]


def _source(dataset: Dataset) -> list[Finding]:
    contract = dataset.contract
    if contract.source.kind != "sql":
        return []
    if not dataset.extract_sql_path.exists():
        return [Finding("source", f"sql/extract/{dataset.id}.sql is missing")]
    query = dataset.extract_sql_path.read_text(encoding="utf-8")
    if not re.search(r"\border\s+by\b", query, re.IGNORECASE):
        message = "lacks ORDER BY: the same rows in another order would look like another extract"
        return [Finding(f"sql/extract/{dataset.id}.sql", message)]
    return []


def _expressions(dataset: Dataset) -> list[Finding]:
    """Regular expressions compile, and have the groups that others use."""
    contract = dataset.contract
    findings: list[Finding] = []
    wanted: list[tuple[str, str, set[str]]] = []
    if contract.partitions is not None:
        used = set(re.findall(r"\{(\w+)\}", contract.partitions.key))
        told = set(contract.partitions.content.groups) if contract.partitions.content else set()
        wanted.append(("partitions.file", contract.partitions.file, used - told))
        if told - used:
            findings.append(Finding("partitions.content", "has a group that `partitions.key` does not use"))
        if not used:
            findings.append(
                Finding("partitions.key", "uses no group of `file`: every file would be one part")
            )
    if contract.source.kind == "http":
        wanted += [("source.link", contract.source.link, set())] if contract.source.link else []
    if contract.source.kind == "ckan" and contract.source.resource:
        wanted.append(("source.resource", contract.source.resource, set()))
    if contract.reader.format == "html-table" and contract.reader.count_pattern:
        wanted.append(("reader.count_pattern", contract.reader.count_pattern, {"n"}))
    for resource in contract.resources:
        if resource.files:
            wanted.append((f"{resource.name}.files", resource.files, set()))
        for field in resource.fields:
            if field.constraints.pattern:
                wanted.append((f"{resource.name}.{field.name}", field.constraints.pattern, set()))
        for rule in resource.exclude_rows:
            if rule.when.matches:
                wanted.append((f"{resource.name}.exclude_rows", rule.when.matches, set()))
    for place, expression, groups in wanted:
        try:
            missing = groups - set(re.compile(expression).groupindex)
        except re.error as error:
            findings.append(Finding(place, f"is no regular expression: {error.msg}"))
            continue
        if missing:
            findings.append(Finding(place, f"lacks the named group {', '.join(sorted(missing))}"))
    return findings


def _apart(dataset: Dataset) -> list[Finding]:
    """What other datasets of the institution do not allow this one."""
    findings = []
    for place, refuse in (("counts_of", refuse_counts_apart), ("links", refuse_people_linked)):
        try:
            refuse(dataset)
        except ContractError as error:
            findings.append(Finding(f"privacy.{place}", f"{error.message}: {error.hint}"))
    return findings


def _accepted(dataset: Dataset) -> list[Finding]:
    """What everybody will read of an accepted difference names and numbers nobody."""
    from apertura.detect.line import refuse_people
    from apertura.settings import Settings

    accepted = dataset.contract.privacy.accepted if dataset.contract.privacy else []
    findings = []
    for number, one in enumerate(accepted, start=1):
        for place, text in (("reason", one.reason), ("by", one.by)):
            try:
                refuse_people(Settings.from_env(), text, f"its {place}")
            except ContractError as error:
                findings.append(Finding(f"privacy.accepted {number}", error.message))
    return findings


def _privacy(dataset: Dataset) -> list[Finding]:
    """Warns of columns on people that are only coarser or pseudonymous: together they may single one out."""
    if dataset.contract.privacy is not None:
        return []
    findings = []
    for resource in dataset.contract.resources:
        names = [
            field.name
            for field in resource.published_fields
            if field.personal != "none" and field.treatment in ("generalize", "pseudonymize")
        ]
        if names:
            message = (
                f"publishes {', '.join(names)} of people without a `privacy` model: rows may be unique, and "
                "whoever knows something of a person may recognise them; say so in `caveats`, publish less"
            )
            findings.append(Finding(resource.name, message, blocks=False))
    return findings


def _unfolded(pattern: str) -> str:
    """The literal characters of a pattern that folded text never holds: lower case, accents, odd blanks."""
    literal = _NOT_LITERAL.sub("", pattern)
    return "".join(sorted({character for character in literal if _folded(character) != character}))


def _folded(text: str) -> str:
    """As sql/clean/fold_text: what a character is compared as."""
    if unicodedata.category(text) == "Cf":
        return ""
    if text.isspace():
        return " "
    plain = unicodedata.normalize("NFD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).upper()


def _resource(dataset: Dataset, resource: Resource, vocabulary: set[str], today: dt.date) -> list[Finding]:
    findings: list[Finding] = []
    if resource.reshape and not dataset.reshape_sql_path(resource).exists():
        path = dataset.reshape_sql_path(resource).relative_to(dataset.home)
        findings.append(Finding(resource.name, f"{path} is missing"))
    for rule in resource.exclude_rows:
        if rule.when.macro and rule.when.macro not in vocabulary:
            findings.append(_unknown_macro(f"{resource.name}.exclude_rows", rule.when.macro))
        if strange := _unfolded(rule.when.matches or ""):
            message = (
                f"`matches` is compared with folded text (upper case, no accents, Ñ as N), which never holds "
                f"{strange}: write {rule.when.field} as it is when folded, or no row would leave"
            )
            findings.append(Finding(f"{resource.name}.exclude_rows", message))
    for field in resource.fields:
        place = f"{resource.name}.{field.name}"
        findings += [_unknown_macro(place, name) for name in _macros(field) if name not in vocabulary]
        for name, given, arguments in _calls(field):
            if name in vocabulary:
                findings += _call(dataset, place, name, given, arguments)
        findings += _generalization(place, field)
        findings += _exemptions(dataset, place, field, vocabulary)
        if field.reserve is not None:
            left = field.reserve.expires - today
            if left < dt.timedelta(0):
                findings.append(
                    Finding(place, f"the reservation ended on {field.reserve.expires}; decide again")
                )
            elif left < RESERVE_WARNING:
                findings.append(
                    Finding(place, f"the reservation ends on {field.reserve.expires}", blocks=False)
                )
    return findings


def _exemptions(dataset: Dataset, place: str, field: FieldSpec, vocabulary: set[str]) -> list[Finding]:
    """Macros that say which rows are exempt are there, and take as many fields as they get."""
    findings = []
    for one in field.exempt:
        if one.rows is None:
            continue
        if one.rows.macro not in vocabulary:
            findings.append(_unknown_macro(place, one.rows.macro))
        else:
            findings += _call(dataset, place, one.rows.macro, len(one.rows.of), [])
    return findings


def _unknown_macro(place: str, name: str) -> Finding:
    return Finding(place, f"there is no sql/clean/{name}.sql; see docs/vocabulary.md for the words there are")


DEFAULT_FORMATS = {
    "integer": "plain",
    "number": "plain",
    "date": "iso",
    "datetime": "iso",
    "boolean": "sino",
}
"""How a source is taken to write a type when the contract does not say."""


def parse_macro(field: FieldSpec) -> str | None:
    """The macro that parses a field's text into its type; None for text."""
    if field.type == "string":
        return None
    return f"{field.type}_{field.format or DEFAULT_FORMATS[field.type]}"


def _macros(field: FieldSpec) -> list[str]:
    if field.treatment == "drop":
        return []
    names = [macro_of(step) for step in field.clean] + [f"missing_{name}" for name in field.missing]
    if field.derive is not None:
        names = [field.derive.macro]
    elif field.treatment == "pseudonymize":
        names = []
    elif parse := parse_macro(field):
        names.append(parse)
    if field.admit is not None:
        names.append(field.admit)
    if field.inside is not None:
        names.append(field.inside.macro)
    return names


def _calls(field: FieldSpec) -> list[tuple[str, int, list[Argument]]]:
    """Macro, number of values it is given, fixed arguments, of each call that may have arguments."""
    if field.treatment in ("drop", "pseudonymize"):
        return []
    if field.derive is not None:
        return [(field.derive.macro, len(field.derive.of), field.derive.with_)]
    return [(macro_of(step), 1, arguments_of(step)) for step in field.clean]


def _call(
    dataset: Dataset, place: str, name: str, given: int, arguments: Sequence[Argument]
) -> list[Finding]:
    """A call has as many arguments as the macro has parameters, and the lists it names are there."""
    text = (dataset.home / "sql" / "clean" / f"{name}.sql").read_text(encoding="utf-8")
    head = _SIGNATURE.search(text)
    if head is None:
        return []
    parameters = [word.strip() for word in head[1].split(",")]
    if len(parameters) != given + len(arguments):
        message = f"{name} takes ({', '.join(parameters)}), and gets {given + len(arguments)} values"
        return [Finding(place, f"{message}: fields by `of`, fixed ones by `with`")]
    lists = {path.stem for path in dataset.list_paths}
    return [
        Finding(place, f"{name}: there is no include/reference/lists/{argument}.csv")
        for parameter, argument in zip(parameters[given:], arguments, strict=True)
        if parameter == "list_name" and argument not in lists
    ]


def _generalization(place: str, field: FieldSpec) -> list[Finding]:
    rule = field.generalize
    if rule is None:
        return []
    if rule.bands is not None and field.type != "integer":
        return [Finding(place, "bands need type: integer")]
    if rule.to in ("year", "month", "quarter") and field.type != "date":
        return [Finding(place, f"generalize to {rule.to} needs type: date")]
    if rule.to == "department" and field.type != "string":
        return [Finding(place, "generalize to department needs a municipality code of type string")]
    return []
