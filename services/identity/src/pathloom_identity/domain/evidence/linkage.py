"""Average linkage: clusters are joined, the best first, while the mean weight between them is above the cut.

One weak bridge cannot join two tight groups, as it would where connected is enough: all pairs across have their say.
Weights are whole numbers, so sums are exact, and ties go by key: the outcome does not depend on any order.
"""

import heapq
from collections.abc import Iterable, Sequence

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
    members: Sequence[int], pairs: Sequence[tuple[int, int, int]], cut: int, unseen: int
) -> list[list[int]]:
    """Clusters of `members`, each sorted, by their first.

    `pairs`: (low, high, weight), each pair once; a pair that is not among them weighs `unseen`, which must not be above
    `cut`. Two records at VETO are never in one cluster. Numbers of members stand for their keys in ties.
    """
    groups = {member: [member] for member in members}
    # Sums over the pairs across two clusters of (weight - unseen): what is not there then counts by itself.
    sums: dict[int, dict[int, int]] = {member: {} for member in members}
    heap = []
    for low, high, weight in pairs:
        sums[low][high] = sums[high][low] = weight - unseen
        if weight > cut:
            heap.append((-weight, low, high, 2))
    heapq.heapify(heap)
    while heap:
        _, a, b, size = heapq.heappop(heap)
        # Clusters only grow: equal sizes mean that neither has changed since.
        if a not in groups or b not in groups or len(groups[a]) + len(groups[b]) != size:
            continue
        groups[a] += groups.pop(b)
        mine, theirs = sums[a], sums.pop(b)
        del mine[b]
        for other, sum_ in theirs.items():
            if other != a:
                mine[other] = mine.get(other, 0) + sum_
                del sums[other][b]
        count = len(groups[a])
        for other, sum_ in mine.items():
            sums[other][a] = sum_
            across = count * len(groups[other])
            if sum_ > (cut - unseen) * across:
                # Floored to a BIT: what is nearer than that is a tie, and goes by key.
                entry = (-(sum_ // across + unseen), min(a, other), max(a, other), count + len(groups[other]))
                heapq.heappush(heap, entry)
    return sorted(sorted(group) for group in groups.values())
