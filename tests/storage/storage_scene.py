"""What the tests of every bucket share."""

from __future__ import annotations

import hashlib

import pytest

crowded = pytest.mark.parametrize(
    "bucket", ["folder", pytest.param("s3", marks=pytest.mark.slow)], indirect=True
)
"""Twenty writers or a thousand objects keep a server in Python busy for long."""


def sha256(data: bytes) -> str:
    """The digest as the buckets tell it."""
    return hashlib.sha256(data).hexdigest()
