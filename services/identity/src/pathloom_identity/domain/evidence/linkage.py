"""Average linkage: clusters are joined, the best first, while the mean weight between them is above the cut.

One weak bridge cannot join two tight groups, as it would where connected is enough: all pairs across have their say.
Weights are whole numbers, so sums are exact, and ties go by key: the outcome does not depend on any order.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence

#: The weight of a pair that must never be one: no mean outweighs it.
VETO = -(1 << 62)


def components(size: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `size` records the least record that it is connected with."""
    parent = list(range(size))
    for a, b in pairs:
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        else:
            parent[a] = b
    for at in range(size):
        parent[at] = parent[parent[at]]
    return parent


def average_linkage(
    members: Sequence[int],
    pairs: Iterable[tuple[int, int, int]],
    cut: int,
    unseen: int,
    begun: Iterable[Sequence[int]] = (),
    join: Callable[[int, int], bool] = lambda a, b: True,
) -> list[list[int]]:
    """Clusters of `members`, each sorted, by their first.

    `pairs`: (low, high, weight), each pair once; a pair that is not among them weighs `unseen`, which must not be above
    `cut`. Two records at VETO are never in one cluster. Numbers of members stand for their keys in ties.

    `begun`: members that are one whatever they weigh; who is in none of them begins alone. `join` is asked before two
    clusters, named by their least members, are made one, and may refuse: these two, as they are then.
    """
    groups = {member: [member] for member in members}
    least = {member: member for member in members}
    for one in begun:
        first = min(one)
        groups[first] = sorted(one)
        for member in one:
            least[member] = first
            if member != first:
                del groups[member]
    # Sums over the pairs across two clusters of (weight - unseen): what is not there then counts by itself.
    sums: dict[int, dict[int, int]] = {first: {} for first in groups}
    for low, high, weight in pairs:
        a, b = least[low], least[high]
        if a != b:
            sums[a][b] = sums[b][a] = sums[a].get(b, 0) + weight - unseen
    heap: list[tuple[int, int, int, int]] = []

    def offer(a: int, b: int) -> None:
        sum_, across = sums[a][b], len(groups[a]) * len(groups[b])
        if sum_ > (cut - unseen) * across:
            # Floored to a BIT: what is nearer than that is a tie, and goes by key.
            entry = (-(sum_ // across + unseen), min(a, b), max(a, b), len(groups[a]) + len(groups[b]))
            heapq.heappush(heap, entry)

    for a, others in sums.items():
        for b in others:
            if a < b:
                offer(a, b)
    while heap:
        _, a, b, size = heapq.heappop(heap)
        # Clusters only grow: equal sizes mean that neither has changed since.
        if a not in groups or b not in groups or len(groups[a]) + len(groups[b]) != size or not join(a, b):
            continue
        groups[a] += groups.pop(b)
        mine, theirs = sums[a], sums.pop(b)
        del mine[b]
        for other, sum_ in theirs.items():
            if other != a:
                mine[other] = mine.get(other, 0) + sum_
                del sums[other][b]
        for other, sum_ in mine.items():
            sums[other][a] = sum_
            offer(a, other)
    return sorted(sorted(group) for group in groups.values())
