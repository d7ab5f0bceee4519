"""The graph: its schema, its identity, and transactions on it."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from neo4j import READ_ACCESS, AsyncDriver, AsyncManagedTransaction
from neo4j.exceptions import DriverError, Neo4jError, ServiceUnavailable, SessionExpired
from opentelemetry.trace import SpanKind
from pathloom_kit import telemetry
from pathloom_kit import telemetry_names as names
from pathloom_kit.ids import new_id
from pathloom_kit.transient import is_transient

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.folds import folding
from pathloom_journey_graph.adapters.graph_tx import Neo4jGraphTx
from pathloom_journey_graph.adapters.rows import rows_of

T = TypeVar("T")
_NAMED = re.compile(r"^CREATE (?:CONSTRAINT|INDEX) (\w+)")


@dataclass(frozen=True, slots=True)
class GraphMeta:
    """What this graph is: the epoch of its feed, the key of its ids, the generation in force."""

    epoch: str
    secret: bytes
    generation: int


class NotPrepared(RuntimeError):
    """The graph has not been brought to this version."""

    def __init__(self, missing: Iterable[str]) -> None:
        super().__init__(f"the graph lacks {', '.join(sorted(missing))}: run the command migrate first")


class Another(RuntimeError):
    """The graph was emptied or replaced while we worked on it."""

    def __init__(self) -> None:
        super().__init__("the graph is not the one that was opened: it has to be opened again")


def transient(error: BaseException) -> bool:
    """A lost connection, a deadlock, a store that is full or starting: it may go away by itself."""
    if isinstance(error, (ServiceUnavailable, SessionExpired)):
        return True
    if isinstance(error, Neo4jError):
        code = error.code or ""
        return (
            error.is_retryable()
            or ".TransientError." in code
            or code.startswith("Neo.DatabaseError.Transaction.")
        )
    return (isinstance(error, DriverError) and error.is_retryable()) or is_transient(error)


class Graph:
    """One database on one driver."""

    def __init__(self, driver: AsyncDriver, database: str | None = None) -> None:
        self._driver = driver
        self._database = database
        self.secret = b""
        self.folding = ""
        self._turn = asyncio.Lock()

    async def migrate(self) -> None:
        """Constraints and indexes; running it again changes nothing."""
        async with self._driver.session(database=self._database) as session:
            for statement in cypher.SCHEMA:
                await (await session.run(statement)).consume()
            await (await session.run(cypher.INDEXES_READY)).consume()

    async def open(self, blueprints: str, erasure_secret: str) -> GraphMeta:
        """Makes the graph's identity where there is none, and a new generation where `blueprints` (a digest of those in
        force) is not that of the graph. What keys ids and hashes follows from the platform's erasure secret: a graph that
        was lost comes again with the ids it had. NotPrepared where constraints or indexes are missing."""
        known = {
            row["name"]
            for query in (cypher.CONSTRAINTS, cypher.INDEXES)
            for row in await self.read_rows(query)
        }
        if missing := {_NAMED.findall(one)[0] for one in cypher.SCHEMA} - known:
            raise NotPrepared(missing)
        secret = hmac.new(erasure_secret.encode(), b"journey-graph", hashlib.sha256).hexdigest()
        rows = await self.write_rows(cypher.META, epoch=new_id("jg"), secret=secret)
        self.secret = bytes.fromhex(rows[0]["secret"])
        self.folding = folding(blueprints)
        generation = (await self.write_rows(cypher.NEW_GENERATION, blueprints=blueprints))[0]["generation"]
        return GraphMeta(rows[0]["epoch"], self.secret, generation)

    async def answers(self) -> None:
        """Raises when the database does not answer. Tried once: whoever asks decides what a failure means."""
        async with self._driver.session(database=self._database) as session:
            await (await session.run(cypher.ANSWERS)).consume()

    async def stays_ours(self, every_s: float = 2.0) -> None:
        """Until cancelled; raises Another. What keeps the ids and the schema is only made when a service starts."""
        while True:
            await asyncio.sleep(every_s)
            try:
                rows = await self.peek(cypher.READ_META)
            except Exception as error:
                if not transient(error):
                    raise
                continue
            if [row["secret"] for row in rows] != [self.secret.hex()]:
                raise Another

    async def renew_epoch(self, lost: str) -> str:
        """A cursor of `lost` lies beyond its head, so this graph is older than its reader: a new epoch, once."""
        rows = await self.write_rows(cypher.RENEW_EPOCH, lost=lost, epoch=new_id("jg"))
        return str(rows[0]["epoch"])

    async def write(self, work: Callable[[AsyncManagedTransaction], Awaitable[T]]) -> T:
        """One write transaction; tried again after a deadlock or a lost connection, so `work` starts from nothing.

        Those of one process take turns: a page locks hundreds of records, two pages at once mostly meet in a deadlock
        and begin again a second later. Between processes the locks in the graph keep order.
        """
        async with self._turn:
            with telemetry.tracer().start_as_current_span(
                names.SPAN_STORE,
                kind=SpanKind.CLIENT,
                attributes={names.STORE: "neo4j"},
                record_exception=False,
            ):
                async with self._driver.session(database=self._database) as session:
                    return await session.execute_write(work)

    async def read(self, work: Callable[[AsyncManagedTransaction], Awaitable[T]]) -> T:
        """One read transaction."""
        async with self._driver.session(database=self._database) as session:
            return await session.execute_read(work)

    async def write_rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """One small statement that writes (a lease, an epoch); it waits for no page."""
        async with self._driver.session(database=self._database) as session:
            return await session.execute_write(rows_of, query, **parameters)

    async def peek(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """One statement that reads, for who asks again anyway: not tried again, and a third of the messages."""
        async with self._driver.session(
            database=self._database, default_access_mode=READ_ACCESS, fetch_size=-1
        ) as session:
            return await rows_of(session, query, **parameters)

    async def read_rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """One statement that reads."""
        return await self.read(lambda tx: rows_of(tx, query, **parameters))

    def tx(self, tx: AsyncManagedTransaction) -> Neo4jGraphTx:
        """What the use cases take."""
        return Neo4jGraphTx(tx, self.secret, self.folding)
