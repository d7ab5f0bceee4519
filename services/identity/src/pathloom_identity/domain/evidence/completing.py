"""Completing components: the pairs that blocking did not bring together but clusters will ask for, so that clusters
hardly depend on what blocking happened to find."""

from collections import defaultdict
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.blocking import LeftOut, distinct
from pathloom_identity.domain.evidence.model import BIT, Model

#: A component of at most so many records is weighed whole: every pair of it.
WHOLE = 120
#: Else records that share a neighbour are weighed, of neighbours of at most so many.
NEIGHBOURS = 60
#: Components are looked for a little below the cut, so that completing them can lift what is just below it.
SLACK = 2.0

Numbers = NDArray[np.int64]


def near_from(model: Model) -> int:
    """A pair that blocking brought together and that weighs more than this, in BITs, is of one component."""
    return round((model.cut - SLACK) * BIT)


def completing(
    root: Numbers, left: Numbers, right: Numbers, likely: NDArray[np.bool_]
) -> tuple[Numbers, Numbers, LeftOut]:
    """The further pairs of records `0..len(root)`, whose component is `root`; (left, right) are known already, and
    `likely` says of each whether it weighs enough to make neighbours."""
    size = len(root)
    sizes = np.bincount(root, minlength=size)
    order = np.argsort(root, kind="stable")
    starts = np.cumsum(sizes) - sizes
    found = []
    for length in np.unique(sizes[(sizes > 1) & (sizes <= WHOLE)]).tolist():
        members = order[starts[sizes == length][:, None] + np.arange(length)]
        a, b = _all_pairs(length)
        found.append((members[:, a] * size + members[:, b]).ravel())
    wide = likely & (sizes[root[left]] > WHOLE)
    shared, hubs = _sharing_neighbours(size, left[wide], right[wide])
    packed = distinct(np.concatenate([*found, shared]))
    known = np.sort(left * size + right)
    at = np.minimum(np.searchsorted(known, packed), max(len(known) - 1, 0))
    packed = packed[known[at] != packed] if len(known) else packed
    return packed // size, packed % size, hubs


def _sharing_neighbours(size: int, left: Numbers, right: Numbers) -> tuple[Numbers, LeftOut]:
    neighbours: dict[int, list[int]] = defaultdict(list)
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        neighbours[a].append(b)
        neighbours[b].append(a)
    found, hubs, out = [np.empty(0, dtype=np.int64)], 0, 0
    for around in neighbours.values():
        if len(around) > NEIGHBOURS:
            hubs, out = hubs + 1, out + len(around) * (len(around) - 1) // 2
            continue
        members = np.sort(np.array(around, dtype=np.int64))
        a, b = _all_pairs(len(members))
        found.append(members[a] * size + members[b])
    return distinct(np.concatenate(found)), LeftOut("shared neighbours", hubs, out)


@lru_cache(maxsize=WHOLE + 1)
def _all_pairs(length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(length, 1)
