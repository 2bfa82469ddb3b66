"""Detectors of personal data in text: counts by column and kind, never a value.

The rules are macros of sql/clean (holds_*), so that a contract may use them, too. Names need lists
(include/reference/names) and the function name_evidence.
"""

from apertura.detect.count import KINDS, SECOND, Column, Count, count_kinds

__all__ = ["KINDS", "SECOND", "Column", "Count", "count_kinds"]
