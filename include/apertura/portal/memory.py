"""What the last build of the portal made, so that the next one makes only what differs.

One JSON object in the private bucket. It may be lost: then everything is made again, and what is right
already is not written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from apertura.storage import Bucket

KEY = "portal/memoria.json"
"""Where it lies in the private bucket."""


@dataclass
class Made:
    """What was made of one dataset: `of` digests what went in, `keys` came out, `search` is for the index.

    `rating` is its stars and points, for its institution's page.
    """

    of: str
    keys: list[str]
    search: dict[str, str]
    rating: list[int] = field(default_factory=list)


@dataclass
class Memory:
    """`objects`: key -> (SHA-256, etag) as written; `stale`: key -> since when no page names it (ISO time).

    `withdrawn`: `<dataset> <version>` of every tombstone that a build has seen. `index`: what the index
    was made of, and its objects; `shared` the same of the pages that many datasets share. `contracts`: what
    their files say (`catalogue.contracts.Known`).
    """

    entries: dict[str, Made] = field(default_factory=dict)
    objects: dict[str, tuple[str, str]] = field(default_factory=dict)
    stale: dict[str, str] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    index: Made = field(default_factory=lambda: Made("", [], {}))
    shared: Made = field(default_factory=lambda: Made("", [], {}))
    contracts: dict[str, tuple[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, private: Bucket) -> Memory:
        """What the last build left; empty when there was none, or it cannot be read."""
        try:
            found: dict[str, Any] = json.loads(private.get(KEY))
            return cls(
                {name: Made(**one) for name, one in found["entries"].items()},
                {key: (str(one[0]), str(one[1])) for key, one in found["objects"].items()},
                dict(found["stale"]),
                set(found["withdrawn"]),
                Made(**found["index"]),
                Made(**found["shared"]),
                {name: (str(one[0]), one[1]) for name, one in found["contracts"].items()},
            )
        except (KeyError, ValueError, TypeError, AttributeError):
            return cls()

    def save(self, private: Bucket) -> None:
        """Keep it for the next build."""
        document = {
            "apertura": 1,
            "entries": {name: vars(one) for name, one in sorted(self.entries.items())},
            "objects": {key: list(one) for key, one in sorted(self.objects.items())},
            "stale": dict(sorted(self.stale.items())),
            "withdrawn": sorted(self.withdrawn),
            "index": vars(self.index),
            "shared": vars(self.shared),
            "contracts": {name: list(one) for name, one in sorted(self.contracts.items())},
        }
        private.put(KEY, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
