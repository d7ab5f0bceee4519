"""What can be computed from the truth to compare with."""

from collections import defaultdict
from collections.abc import Iterable

from pathloom_simulator.values import Truth

RecordKey = tuple[str, str, str]
"""namespace, kind (user, anonymous), id."""


def expected_customers(lines: Iterable[Truth]) -> list[frozenset[RecordKey]]:
    """The customers as far as joining identifiers can tell: records that share one, directly or through others.

    Only people whose records are joined by what systems know are one customer; someone's record without any joining
    identifier stays a customer of its own. Records that no event named are left out.
    """
    parent: dict[object, object] = {}

    def root(node: object) -> object:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    named: list[RecordKey] = []
    for line in lines:
        if line["is"] != "person":
            continue
        for record in line["records"]:
            key = (record["namespace"], record["kind"], record["id"])
            if record["named"]:
                named.append(key)
            for value in record["joins"]:
                parent[root(("value", *value))] = root(("record", *key))
    groups: dict[object, set[RecordKey]] = defaultdict(set)
    for key in named:
        groups[root(("record", *key))].add(key)
    return sorted((frozenset(group) for group in groups.values()), key=sorted)
