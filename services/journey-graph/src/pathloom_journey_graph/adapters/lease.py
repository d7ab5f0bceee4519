"""Leases in Neo4j: replicas agree who follows what. Correctness never depends on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.graph import Graph, transient

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GraphLease:
    """One named lease as `holder` sees it; it expires `ttl_s` after it was last taken, by the store's clock."""

    graph: Graph
    name: str
    holder: str
    ttl_s: float = 5.0

    async def take(self) -> bool:
        """Takes or renews it. False while another holds it, while the store cannot be asked, and where the graph is another."""
        try:
            rows = await self.graph.write_rows(
                cypher.TAKE_LEASE,
                name=self.name,
                holder=self.holder,
                ttl_ms=round(self.ttl_s * 1000),
                secret=self.graph.secret.hex(),
            )
        except Exception as error:
            if not transient(error):
                raise
            return False
        return bool(rows)

    async def while_held(self, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` while the lease is ours, cancels it when it is lost, begins again when it is won back."""
        task: asyncio.Future[None] | None = None
        try:
            while True:
                held = await self.take()
                if held and task is None:
                    task = asyncio.ensure_future(work())
                elif not held and task is not None:
                    _log.info("lease lost", extra={"lease": self.name})
                    await _stop(task)
                    task = None
                if task is None:
                    await asyncio.sleep(self.ttl_s / 3)
                    continue
                done, _ = await asyncio.wait({task}, timeout=self.ttl_s / 3)
                if done:
                    return task.result()
        finally:
            if task is not None:
                await _stop(task)
            with suppress(Exception):  # it expires by itself
                await self.graph.write_rows(cypher.GIVE_BACK_LEASE, name=self.name, holder=self.holder)


async def _stop(task: "asyncio.Future[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait({task})
