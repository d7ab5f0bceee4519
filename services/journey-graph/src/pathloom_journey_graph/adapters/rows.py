"""Running one statement."""

from typing import Any

from neo4j import AsyncManagedTransaction


async def rows_of(tx: AsyncManagedTransaction, /, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """All rows of one statement. Not by `Result.data()`, which walks every byte of a byte string."""
    result = await tx.run(query, parameters)
    return [{key: record[key] for key in record.keys()} async for record in result]  # noqa: SIM118 - a record iterates its values
