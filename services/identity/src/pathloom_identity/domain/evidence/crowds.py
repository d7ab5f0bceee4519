"""Crowds: more records near each other than can be looked at as one.

In one town with one frequent surname strangers are near strangers, and chains of them grow with the company. Such a
component is looked at more strictly: the bar that a pair must be above to connect is raised, step by step, until every
part is of at most WHOLE records. Which parts there are follows from the near pairs alone, so no order matters, and
whoever comes changes no parts but those it is or was in. Pairs that do not connect any more are left to the steward.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.linkage import components
from pathloom_identity.domain.evidence.model import BIT

#: A component of at most so many records is looked at as one: every pair of it is weighed.
WHOLE = 120
#: By so much the bar is raised at a time, in BITs.
STEP = 2 * BIT

#: What it is called where it is told that pairs were left out.
CROWD = "crowd"

Numbers = NDArray[np.int64]
Near = Callable[[int], Mapping[int, int]]
"""Whom a record is near to, and what each pair weighs."""


def parts(
    size: int, left: Numbers, right: Numbers, weight: Numbers, near: int, most: int = WHOLE
) -> tuple[Numbers, int]:
    """For each of `size` records the least record of its part, and how many components were too large. Of the pairs those
    that weigh more than `near` connect."""
    root = np.arange(size, dtype=np.int64)
    bar, crowds = near, 0
    open_ = np.flatnonzero(weight > bar)
    while len(open_):
        pairs = zip(left[open_].tolist(), right[open_].tolist(), strict=True)
        found = np.array(components(size, pairs), dtype=np.int64)
        large = np.bincount(found, minlength=size) > most
        connected = np.concatenate([left[open_], right[open_]])
        small = connected[~large[found[connected]]]
        root[small] = found[small]
        if bar == near:
            crowds = int(large.sum())
        bar += STEP
        open_ = open_[large[found[left[open_]]] & (weight[open_] > bar)]
    return root, crowds


def within(record: int, near_to: Near, bar: int, most: int) -> frozenset[int] | None:
    """Who is connected with a record by pairs above the bar; None where they are more than `most`. A record's part is what
    is found at the lowest of the bars near, near + STEP, ..."""
    seen, ahead = {record}, [record]
    while ahead:
        for other, weight in near_to(ahead.pop()).items():
            if weight > bar and other not in seen:
                seen.add(other)
                ahead.append(other)
        if len(seen) > most:
            return None
    return frozenset(seen)
