"""Fingerprints: SHA-256 over everything a result was made from.

recipe      contract, suite, SQL, code lists, library version, key id
partition   recipe and the digests of the partition's extract; keyed ones for a dataset about people
release     recipe and the fingerprints of the partitions it combines
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import apertura
from apertura.contract import Dataset


def digest(value: object) -> str:
    """SHA-256 of a JSON value, keys sorted."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def recipe(dataset: Dataset, key_id: str) -> str:
    """What the dataset is made with, whatever the extract."""
    files = [
        *dataset.vocabulary_paths,
        *dataset.reference_paths,
        dataset.suite_path,
        dataset.extract_sql_path,
        dataset.corrections_path,
    ]
    files += [dataset.reshape_sql_path(r) for r in dataset.contract.resources if r.reshape]
    return digest(
        {
            # Views are what pages draw of a release: another chart makes no other release.
            "contract": dataset.contract.model_dump(mode="json", exclude={"views"}),
            "institution": dataset.institution.model_dump(mode="json", exclude={"retention", "pool_slots"}),
            "files": {str(p.relative_to(dataset.home)): _file_digest(p) for p in files if p.exists()},
            "library": apertura.__version__,
            "key": key_id,
        }
    )


def partition_fingerprint(recipe_digest: str, extract_digests: Iterable[str], key: bytes | None) -> str:
    """What one partition's tables are made from.

    Releases tell what follows from it. So for a dataset about people the SHA-256 digests of the raw extract
    enter as their HMACs under `key` (`prepare.keys.extract_key`): from bare ones, whoever knows the file
    but for one person's number could try all numbers until the published fingerprint comes out.
    """
    told = extract_digests if key is None else [_keyed(key, one) for one in extract_digests]
    return digest({"recipe": recipe_digest, "extracts": sorted(told)})


def _keyed(key: bytes, extract_digest: str) -> str:
    return hmac.new(key, extract_digest.encode(), hashlib.sha256).hexdigest()


def release_fingerprint(recipe_digest: str, partitions: Mapping[str, str]) -> str:
    """What a combination of partitions is made from; `partitions` maps key to fingerprint."""
    return digest({"recipe": recipe_digest, "partitions": dict(partitions)})
