"""Completing components: the pairs that blocking did not bring together but clusters will ask for, so that clusters
hardly depend on what blocking happened to find."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.blocking import distinct
from pathloom_identity.domain.evidence.model import BIT, Model

#: Components are looked for a little below the cut, so that completing them can lift what is just below it.
SLACK = 2.0

Numbers = NDArray[np.int64]


def near_from(model: Model) -> int:
    """A pair that blocking brought together and that weighs more than this, in BITs, is of one component."""
    return round((model.cut - SLACK) * BIT)


def completing(root: Numbers, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    """The further pairs of records `0..len(root)`, whose component is `root`; (left, right) are known already."""
    size = len(root)
    sizes = np.bincount(root, minlength=size)
    order = np.argsort(root, kind="stable")
    starts = np.cumsum(sizes) - sizes
    found = [np.empty(0, dtype=np.int64)]
    for length in np.unique(sizes[sizes > 1]).tolist():
        members = order[starts[sizes == length][:, None] + np.arange(length)]
        a, b = _all_pairs(length)
        found.append((members[:, a] * size + members[:, b]).ravel())
    packed = distinct(np.concatenate(found))
    known = np.sort(left * size + right)
    at = np.minimum(np.searchsorted(known, packed), max(len(known) - 1, 0))
    packed = packed[known[at] != packed] if len(known) else packed
    return packed // size, packed % size


@lru_cache(maxsize=128)
def _all_pairs(length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(length, 1)
