"""Fingerprints: the same for the same, and no way to guess a raw extract from a published one."""

from __future__ import annotations

import hashlib

from apertura.runs.fingerprint import partition_fingerprint, release_fingerprint

ONE, OTHER = (hashlib.sha256(data).hexdigest() for data in (b"one", b"other"))
KEY = b"k" * 32


def test_a_partition_is_known_by_its_recipe_and_its_files_in_any_order() -> None:
    for key in (None, KEY):
        made = partition_fingerprint("recipe", [ONE, OTHER], key)
        assert made == partition_fingerprint("recipe", [OTHER, ONE], key)
        assert made != partition_fingerprint("another", [ONE, OTHER], key)
        assert made != partition_fingerprint("recipe", [ONE], key)


def test_a_fingerprint_under_a_key_cannot_be_made_without_it() -> None:
    made = partition_fingerprint("recipe", [ONE], KEY)
    assert made != partition_fingerprint("recipe", [ONE], None)
    assert made != partition_fingerprint("recipe", [ONE], b"x" * 32)
    assert release_fingerprint("recipe", {"_": made}) != release_fingerprint(
        "recipe", {"_": partition_fingerprint("recipe", [ONE], None)}
    )
