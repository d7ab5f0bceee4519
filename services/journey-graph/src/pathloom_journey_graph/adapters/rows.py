"""Running one statement."""

from typing import Any

from neo4j import AsyncManagedTransaction, AsyncSession

from pathloom_journey_graph.adapters.cypher import Listed

# A plan once made is kept. Neo4j would plan every statement anew whenever the counts of nodes have grown by three quarters, which on
# a young graph is for ever and costs more than the statements themselves. Every statement finds its nodes by an index whatever
# the counts say (a test looks at the plans made on an empty graph, and where there is much of one kind), so later plans would be no better.
#
# And it would plan a statement once more for each order of magnitude of a list that it is given (1, 10, 100, …): 0.1 s each, and a
# plan of its own. Inside a map it does not look.
_KEEP_PLAN = "CYPHER replan=skip\n"


async def rows_of(
    tx: AsyncManagedTransaction | AsyncSession, /, query: str, **parameters: Any
) -> list[dict[str, Any]]:
    """All rows of one statement. Not by `Result.data()`, which walks every byte of a byte string."""
    result = await tx.run(_KEEP_PLAN + query, {"in": parameters})
    if isinstance(query, Listed):
        return [dict(zip(query.columns, row, strict=True)) async for some in result for row in some["rows"]]
    return [{key: record[key] for key in record.keys()} async for record in result]  # noqa: SIM118 - a record iterates its values


async def do(tx: AsyncManagedTransaction, /, query: str, **parameters: Any) -> None:
    """One statement that answers nothing."""
    await (await tx.run(_KEEP_PLAN + query, {"in": parameters})).consume()
