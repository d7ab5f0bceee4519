"""Plans are made once and kept, so those made on an empty graph must already find their nodes by an index, and so must those that
are made at an unlucky moment: a thousand nodes of one kind, and nothing yet that they lead to."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from neo4j import AsyncDriver
from pathloom_journey_graph.adapters import cypher

from .graph_world import Replica

FEW = {"Cursor", "Watermark", "Parked", "Lease", "Restart", "Meta"}
"""There are never many of these."""
WHOLE = {"STALE_CUSTOMERS", "STALE_CONTACTS", "PATHS", "UNCUT_CUSTOMERS", "ALL_CUT"}
"""These are asked to look at everything: after a restart, for a map of all journeys, and at all that an index of what is uncut holds."""


async def scans(driver: AsyncDriver, query: str) -> list[str]:
    """Labels that the query would scan, or of which it would read a whole index; "" for a scan of all nodes."""
    given = dict.fromkeys(re.findall(r"\$in\.(\w+)", query))
    async with driver.session() as session:
        result = await session.run(f"CYPHER replan=force EXPLAIN {query}", {"in": given})
        plan = (await result.consume()).plan
    assert plan is not None
    return [
        str(node["args"].get("Details", "")).rpartition(":")[2]
        for node in operators(plan)
        if node["operatorType"].startswith(("NodeByLabelScan", "AllNodesScan", "NodeIndexScan"))
    ]


def operators(plan: Any) -> Iterator[Any]:
    yield plan
    for child in plan.get("children", ()):
        yield from operators(child)


def queries() -> dict[str, str]:
    return {
        name: text
        for name, text in vars(cypher).items()
        if name.isupper()
        and not name.startswith("_")
        and isinstance(text, str)
        and re.search(r"\b(MATCH|MERGE)\b", text)
    }


async def test_every_query_finds_its_nodes_by_an_index_even_on_an_empty_graph(
    replica: Replica, driver: AsyncDriver
) -> None:
    found = {
        name: set(await scans(driver, text)) - FEW for name, text in queries().items() if name not in WHOLE
    }
    assert {name: labels for name, labels in found.items() if labels} == {}
    assert len(found) > 40


@pytest.mark.parametrize(
    ("label", "key"),
    [("Record", "key"), ("Customer", "id"), ("Item", "id"), ("Entry", "id"), ("Tie", "key")],
)
async def test_every_query_finds_its_nodes_by_an_index_when_there_is_much_of_one_kind_and_nothing_else(
    replica: Replica, driver: AsyncDriver, label: str, key: str
) -> None:
    async with driver.session() as session:
        await (
            await session.run(f"UNWIND range(1, 1000) AS k CREATE (n:{label} {{{key}: toString(k)}})")
        ).consume()
    asked = {name: text for name, text in queries().items() if f":{label}" in text and name not in WHOLE}
    assert asked
    assert {
        name: labels for name, text in asked.items() if (labels := set(await scans(driver, text)) - FEW)
    } == {}


async def test_planted_fault_a_scan_is_noticed(replica: Replica, driver: AsyncDriver) -> None:
    assert await scans(driver, "MATCH (i:Item) WHERE i.kind = $in.kind RETURN i") == ["Item"]
    assert await scans(driver, "MATCH (i) WHERE i.kind = $in.kind RETURN i") != []
