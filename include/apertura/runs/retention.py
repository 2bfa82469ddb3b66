"""What leaves the private bucket, and when: work files, extracts and taken drops that nothing needs any more.

Work files of a run go after `work_days`; extracts, and what the inbox keeps of taken files, after
`extracts_days`, both of include/institutions/. Kept whatever their age: the tables that a partition's last
good state names (nothing else of that run: its other tables are nearer to the raw data); everything of a run
that failed or is still at work and has no later run of its dataset behind it; and every extract that a
source's state or a kept run names.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable

from apertura.contract import Project
from apertura.runs import records
from apertura.settings import Settings
from apertura.storage import Bucket, Stat


def tidy(
    settings: Settings, private: Bucket, institution: str, now: dt.datetime, *, busy: Collection[str] = ()
) -> dict[str, int]:
    """Remove what is too old; answers how many work files, extracts and taken drops (inbox) went.

    Datasets that are `busy` keep their work files. While there is one, the institution's extracts and drops
    stay, too: what a run takes may be an old file that no state names yet.
    """
    project = Project(settings.home)
    days = project.institution(institution).retention
    datasets = project.dataset_ids(institution)
    removed = {"work": 0, "extracts": 0, "inbox": 0}
    named: set[str] = set()
    for dataset_id, stats in _work(private, institution, datasets).items():
        if dataset_id in busy:
            continue
        gone, still_named = _tidy_work(private, dataset_id, stats, now - dt.timedelta(days=days.work_days))
        removed["work"] += gone
        named |= still_named
    if busy:
        return removed
    for dataset_id in datasets:
        named |= _named_by_sources(private, dataset_id)
    before = now - dt.timedelta(days=days.extracts_days)
    extracts = private.list(f"extracts/{institution}/")
    removed["extracts"] = _remove_old(private, extracts, named, before)
    drops = private.list(f"inbox/{institution}/")
    taken = (stat for stat in drops if stat.key.split("/")[3:-1] == ["tomados"])
    removed["inbox"] = _remove_old(private, taken, named, before)
    return removed


def _work(private: Bucket, institution: str, datasets: list[str]) -> dict[str, list[Stat]]:
    """Work files by dataset, also of datasets that the project no longer has."""
    found: dict[str, list[Stat]] = {dataset_id: [] for dataset_id in datasets}
    for stat in private.list(f"work/{institution}/"):
        found.setdefault("/".join(stat.key.split("/")[1:3]), []).append(stat)
    return found


def _tidy_work(
    private: Bucket, dataset_id: str, stats: list[Stat], before: dt.datetime
) -> tuple[int, set[str]]:
    """Remove old work files of a dataset; answers their number and the extracts that kept runs name."""
    last_good, unfinished = set(_state_keys(private, dataset_id)), _unfinished(private, dataset_id)
    runs: dict[str, list[Stat]] = defaultdict(list)
    for stat in stats:
        runs[_run_of(stat.key)].append(stat)
    gone = 0
    named: set[str] = set()
    for run, files in runs.items():
        if run in unfinished or max(stat.modified for stat in files) >= before:
            named |= _named_by_documents(private, files)
            continue
        for stat in files:
            if stat.key not in last_good:
                private.delete(stat.key)
                gone += 1
    return gone, named


def _remove_old(private: Bucket, stats: Iterable[Stat], named: set[str], before: dt.datetime) -> int:
    """Remove objects older than `before` whose name, a SHA-256, nothing names."""
    old = [stat for stat in stats if stat.modified < before and stat.key.rsplit("/", 1)[1] not in named]
    for stat in old:
        private.delete(stat.key)
    return len(old)


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
    """Digests of the files that states were taken from, and of the drops that those came in."""
    states = [json.loads(private.get(stat.key)) for stat in private.list(f"sources/{dataset_id}/")]
    return {file["sha256"] for state in states for file in [*state["files"], *state.get("drops", [])]}
