"""What leaves the private bucket, and when: work files and extracts that nothing needs any more.

Work files of a run go after `work_days`, extracts after `extracts_days`, both of include/institutions/. Kept
whatever their age: a partition's last good state, everything of a run that failed or is still at work and
has no later run of its dataset behind it, and every extract that a source's state or a kept run names.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable

from apertura.contract import Project
from apertura.runs import records
from apertura.settings import Settings
from apertura.storage import Bucket, Stat


def tidy(settings: Settings, private: Bucket, institution: str, now: dt.datetime) -> dict[str, int]:
    """Remove what is too old; answers how many work files and extracts went."""
    project = Project(settings.home)
    days = project.institution(institution).retention
    removed = {"work": 0, "extracts": 0}
    named: set[str] = set()
    for dataset_id in project.dataset_ids(institution):
        gone, still_named = _tidy_work(private, dataset_id, now - dt.timedelta(days=days.work_days))
        removed["work"] += gone
        named |= still_named | _named_by_sources(private, dataset_id)
    before = now - dt.timedelta(days=days.extracts_days)
    for stat in list(private.list(f"extracts/{institution}/")):
        if stat.modified < before and stat.key.rsplit("/", 1)[1] not in named:
            private.delete(stat.key)
            removed["extracts"] += 1
    return removed


def _tidy_work(private: Bucket, dataset_id: str, before: dt.datetime) -> tuple[int, set[str]]:
    """Remove old work files of a dataset; answers their number and the extracts that kept runs name."""
    needed = {_run_of(key) for key in _state_keys(private, dataset_id)} | _unfinished(private, dataset_id)
    runs: dict[str, list[Stat]] = defaultdict(list)
    for stat in private.list(f"work/{dataset_id}/"):
        runs[_run_of(stat.key)].append(stat)
    gone = 0
    named: set[str] = set()
    for run, stats in runs.items():
        if run not in needed and max(stat.modified for stat in stats) < before:
            for stat in stats:
                private.delete(stat.key)
            gone += len(stats)
        else:
            named |= _named_by_documents(private, stats)
    return gone, named


def _run_of(key: str) -> str:
    """work/<institution>/<dataset>/<partition>/<run>/<file>"""
    return key.split("/")[4]


def _state_keys(private: Bucket, dataset_id: str) -> Iterable[str]:
    for stat in private.list(f"partitions/{dataset_id}/"):
        yield from json.loads(private.get(stat.key))["keys"].values()


def _unfinished(private: Bucket, dataset_id: str) -> set[str]:
    """The last run of the dataset when it did not end well: somebody may clear it and go on."""
    for record in records.latest_first(private, dataset_id):
        return {record["run"]} if record["outcome"] in ("failed", "running") else set()
    return set()


def _named_by_documents(private: Bucket, stats: list[Stat]) -> set[str]:
    documents = [json.loads(private.get(s.key)) for s in stats if s.key.endswith("/extract.json")]
    return {file["sha256"] for document in documents for file in document["files"]}


def _named_by_sources(private: Bucket, dataset_id: str) -> set[str]:
    states = [json.loads(private.get(stat.key)) for stat in private.list(f"sources/{dataset_id}/")]
    return {file["sha256"] for state in states for file in state["files"]}
