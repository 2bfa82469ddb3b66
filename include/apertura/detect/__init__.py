"""Detectors of personal data in text: counts by column and kind, never a value.

The rules are macros of sql/clean (holds_*), so that a contract may use them, too. Names need lists
(include/reference/names) and the function name_evidence. Importing this room is cheap: the engine comes with
the first name that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apertura.detect.count import KINDS, SECOND, Column, Count, count_kinds

__all__ = ["KINDS", "SECOND", "Column", "Count", "count_kinds"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from apertura.detect import count

    return getattr(count, name)
