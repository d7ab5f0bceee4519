"""Estimates with their 95 % intervals. Every function states its formula and source."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""

# The 97.5th percentile of Student's t for 1 to 30 degrees of freedom (standard tables); beyond, its expansion.
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, how many cases it rests on, its 95 % interval, and the share of cases that could be measured.

    value None: nothing to measure. low and high None: no interval can be given (a count; fewer than two cases).
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    coverage: float | None = None


NOTHING = Estimate(None, 0)
"""Nothing to measure."""


def t95(degrees: int) -> float:
    """The 97.5th percentile of Student's t (degrees ≥ 1); above 30 by the Cornish–Fisher expansion, error < 1e-4."""
    if degrees <= len(_T95):
        return _T95[degrees - 1]
    z = Z95
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def count(value: int, n: int) -> Estimate:
    """A count among n cases looked at: exact, so without an interval; nothing looked at is nothing measured."""
    return Estimate(float(value), n) if n else NOTHING


def share(successes: int, n: int) -> Estimate:
    """successes ÷ n with Wilson's score interval (Wilson 1927): honest for small n and near 0 and 1."""
    if n == 0:
        return NOTHING
    p, z2 = successes / n, Z95 * Z95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Estimate(p, n, max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half)))


@dataclass(frozen=True, slots=True)
class Moments:
    """How many values, their sum, and the sum of their squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def variance(self) -> float | None:
        """Sample variance; None below two values."""
        if self.n < 2:
            return None
        return max(0.0, (self.squares - self.total * self.total / self.n) / (self.n - 1))


NO_VALUES = Moments()
"""None at all."""


def mean(moments: Moments) -> Estimate:
    """Σ ÷ n ± t · s ÷ √n, t with n − 1 degrees of freedom; no interval below two values."""
    if moments.n == 0:
        return NOTHING
    value, variance = moments.total / moments.n, moments.variance
    if variance is None:
        return Estimate(value, moments.n)
    half = t95(moments.n - 1) * math.sqrt(variance / moments.n)
    return Estimate(value, moments.n, value - half, value + half)


def net_promoter_score(promoters: int, detractors: int, n: int) -> Estimate:
    """100 · (p − d) with p, d the shares of promoters (9–10) and detractors (0–6), variance 100²·[p+d−(p−d)²]/n.

    With every answer in one class that variance is 0 and says nothing; there half an answer is added to each of
    promoters and detractors for the interval only (Agresti's adjustment), the value stays as defined.
    """
    if n == 0:
        return NOTHING
    p, d = promoters / n, detractors / n
    value, variance = 100 * (p - d), (p + d - (p - d) ** 2) / n
    if variance <= 0:
        p_a, d_a = (promoters + 0.5) / (n + 1.5), (detractors + 0.5) / (n + 1.5)
        variance = (p_a + d_a - (p_a - d_a) ** 2) / (n + 1.5)
    half = Z95 * 100 * math.sqrt(variance)
    return Estimate(value, n, max(-100.0, value - half), min(100.0, value + half))


def covered(estimate: Estimate, cases: int) -> Estimate:
    """The same, with the share of `cases` that could be measured."""
    if cases <= 0:
        return estimate
    return Estimate(estimate.value, estimate.n, estimate.low, estimate.high, min(1.0, estimate.n / cases))
