"""Whether numbers pass a check digit more often than numbers of any kind would."""

from __future__ import annotations

import math

NIT_CHANCE = 1 / 11
"""Share of all numbers whose last digit is the NIT check digit of the rest."""
CUI_CHANCE = 0.0031
"""Share of all 13-digit numbers with a CUI's check digit and an existing municipality: 0.034 / 11."""
CUI_ODDS = 0.25
"""How improbable the valid CUIs in a column of codes must be to block. Chance gives no more in three of four
such columns without anybody's number; among 300 numbers one may pass, where one in 323 is chance."""
SIGNIFICANCE = 1e-6
"""How improbable a pass rate must be to mean something: one table in a million is taken wrongly."""


def above_chance(tried: int, passed: int, chance: float, significance: float = SIGNIFICANCE) -> bool:
    """Whether `passed` of `tried` is significantly more than `chance`: the binomial upper tail, bounded.

    Chernoff's bound (1952): P(X >= k) <= exp(-n KL(k/n || p)). It is never below the exact tail, so what is
    significant here is so exactly, too. ValueError for impossible counts.
    """
    if not 0 <= passed <= tried or not 0 < chance < 1:
        raise ValueError("0 <= passed <= tried and 0 < chance < 1 are needed")
    if not tried or passed / tried <= chance:
        return False
    share = passed / tried
    divergence = share * math.log(share / chance)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - chance))
    return -tried * divergence < math.log(significance)


def upper_tail(tried: int, passed: int, chance: float) -> float:
    """P(X >= passed) of the binomial distribution, exactly: how often chance alone gives so many, or more.

    ValueError for impossible counts.
    """
    if not 0 <= passed <= tried or not 0 < chance < 1:
        raise ValueError("0 <= passed <= tried and 0 < chance < 1 are needed")
    mean, total = tried * chance, 0.0
    for k in range(passed, tried + 1):
        ways = math.lgamma(tried + 1) - math.lgamma(k + 1) - math.lgamma(tried - k + 1)
        term = math.exp(ways + k * math.log(chance) + (tried - k) * math.log1p(-chance))
        total += term
        if k > mean and term <= total * 1e-12:
            break
    return min(total, 1.0)
