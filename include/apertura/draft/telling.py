"""How a draft tells counts: rounded as reports on people are, because nobody knows yet whether these are."""

from __future__ import annotations

from apertura.quality.counts import STEP, THRESHOLD


def rounded(count: int) -> int:
    """A count to the nearest multiple of five; one to four become four, so that they stay apart from none."""
    if 0 < count < THRESHOLD:
        return THRESHOLD - 1
    return (count + STEP // 2) // STEP * STEP


def told(count: int) -> str:
    """A count in words: `<5` for one to four, else the nearest multiple of five."""
    return f"<{THRESHOLD}" if 0 < count < THRESHOLD else f"{rounded(count):,}"


def share(count: int, of: int) -> str:
    """A share as a whole per cent, made of what is told of both counts."""
    whole = rounded(of)
    if not count or not whole:
        return "0 %"
    if count >= of:
        return "100 %"
    percent = 100 * rounded(count) / whole
    return "<1 %" if percent < 1 else ">99 %" if percent > 99 else f"{percent:.0f} %"
