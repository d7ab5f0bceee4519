"""How right a partition of records is, against the truth: pairwise and B³, over the final clusters.

Pairwise: of all pairs put together, the share that belongs (precision); of all that belong, the share put together
(recall). B³ (Bagga and Baldwin, 1998): the same for each record's own cluster, averaged over records. F1 is the
harmonic mean. With two sides only pairs across them count, and B³ is not told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Score:
    """All from 0 to 1; 1 where nothing was there to be wrong about."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pairwise(cluster: Labels, truth: Labels, side: NDArray[np.bool_] | None = None) -> Score:
    """Over all pairs, or with `side` over the pairs across."""
    both = _joint(cluster, truth)
    right, found, wanted = _pairs(both, side), _pairs(cluster, side), _pairs(truth, side)
    return Score(right / found if found else 1.0, right / wanted if wanted else 1.0)


def b_cubed(cluster: Labels, truth: Labels) -> Score:
    """Over all records."""
    _, of_both, sizes = np.unique(_joint(cluster, truth), return_inverse=True, return_counts=True)
    overlap = sizes[of_both].astype(np.float64)
    return Score(float((overlap / _size(cluster)).mean()), float((overlap / _size(truth)).mean()))


def pair_count(labels: Labels, side: NDArray[np.bool_] | None = None) -> int:
    """How many pairs have equal labels."""
    return _pairs(labels, side)


@dataclass(frozen=True, slots=True)
class Point:
    """Pairs that weigh at least `threshold` bits, taken as the same person."""

    threshold: float
    precision: float
    recall: float


def curve(
    weight: Sequence[float] | NDArray[np.float64], right: NDArray[np.bool_], wanted: int
) -> list[Point]:
    """Precision and recall of single pairs over the threshold, from 20 bits below to 40 above even odds. `wanted`:
    all pairs that belong together, those never weighed included."""
    order = np.argsort(np.asarray(weight, dtype=np.float64))
    ordered, good = np.asarray(weight, dtype=np.float64)[order], right[order]
    above = np.r_[np.cumsum(good[::-1])[::-1], 0]
    points = []
    for threshold in range(-20, 41, 2):
        at = int(np.searchsorted(ordered, threshold))
        found, hit = len(ordered) - at, int(above[at])
        points.append(Point(float(threshold), hit / found if found else 1.0, hit / wanted if wanted else 1.0))
    return points


def _joint(a: Labels, b: Labels) -> Labels:
    _, x = np.unique(a, return_inverse=True)
    _, y = np.unique(b, return_inverse=True)
    joint: Labels = x.astype(np.int64) * (int(y.max(initial=0)) + 1) + y
    return joint


def _size(labels: Labels) -> NDArray[np.float64]:
    _, of, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    return sizes[of].astype(np.float64)


def _pairs(labels: Labels, side: NDArray[np.bool_] | None) -> int:
    _, of = np.unique(labels, return_inverse=True)
    if side is None:
        sizes = np.bincount(of).astype(np.int64)
        return int((sizes * (sizes - 1) // 2).sum())
    count = int(of.max(initial=0)) + 1
    left, right = np.bincount(of[~side], minlength=count), np.bincount(of[side], minlength=count)
    return int((left.astype(np.int64) * right).sum())
