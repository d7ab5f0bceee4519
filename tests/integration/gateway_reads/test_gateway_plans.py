"""How the writer's statements are planned: by indexes, however small or large a table was on that day."""

import ast
import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio
from pathloom_gateway.adapters.read_model import (
    contacts,
    customers,
    erased_before,
    hidden,
    households,
    journeys,
    leads,
    parked,
    recompose,
    resolve,
    store,
    widen,
)
from pathloom_gateway.schema import MIGRATIONS
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.looking_up import PLANNED_ONCE
from pathloom_kit.migrations import migrate_async
from pathloom_kit.postgres import Database, RawConnection, connect

from tests.integration.pg_plans import read_whole

from .feed_entries import (
    binding,
    contact,
    customer,
    erased,
    event,
    journey,
    promise,
    touchpoint,
    withdrawn,
)
from .feed_world import World, world
from .test_gateway_interleaving import (
    BIND_THEN_MERGE,
    LIVE_PLACES,
    SHARE_THEN_GIVE_UP,
    SPLIT,
    Reader,
    read_at_will,
    read_pages,
)

_MODULES = (
    contacts, customers, erased_before, hidden, households, journeys, parked, recompose, resolve, store, widen,
)  # fmt: skip
#: They read or write outside the writer's transactions.
_NOT_THE_WRITERS = {"ghosts", "left", "asked_again", "living_again"}
#: Tables that grow with the company.
_LARGE = (
    "view_customer", "view_member", "view_identifier", "view_name", "view_contact", "view_live", "view_journey", "view_score",
    "view_touchpoint", "view_promise", "view_document", "view_household", "view_left", "view_forgotten", "view_erased",
)  # fmt: skip
_STATEMENT = re.compile(r"\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE)\b")
#: Only after a reset: whatever does not carry the new epoch goes, and somebody waits for all of it.
_AFTER_A_RESET = {"_drop_other_epochs", "drop_other_epochs", "keep_epoch"}
#: An index of withdrawn journeys that still show something: few, and mostly none.
_OF_FEW = ("view_journey_ghost",)


class Recorded(Database):
    """Notes the texts of statements that run within transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.texts: set[str] = set()

    @asynccontextmanager
    async def asyncpg(self) -> AsyncIterator[RawConnection]:
        within = False

        def note(query: Any) -> None:
            nonlocal within
            text = query.query
            if text.startswith("BEGIN"):
                within = True
            elif text in ("COMMIT", "ROLLBACK"):
                within = False
            elif within:
                self.texts.add(text)

        async with self._database.asyncpg() as conn:
            with conn.query_logger(note):
                yield conn


async def live(database: Database) -> None:
    """What happens every day, and what is rare: people erased and contacts forgotten, ghosts, what is parked, a reset."""
    for steps in (BIND_THEN_MERGE, SHARE_THEN_GIVE_UP):
        await read_at_will(
            database, world(steps), [(7, 3), (4, 0), (1, 15), (6, 12), (3, 5), (1, 5)], later=True
        )
    await read_pages(database, world(SPLIT), LIVE_PLACES, 1)
    made = World()
    reader = Reader(database, made)
    await reader.clear()
    places = {feed: (feed, Lane.LIVE) for feed in ("customers", "events", "journeys", "scores")}
    promised = [promise("p1", "call back", 900)]
    made.feeds = {
        places["events"]: [event(1, "Contact Offered", "k", 0), event(2, "Contact Offered", "n", 9)],
        places["customers"]: [
            customer(1, 1, "cus_a", ["a"], phone="+1555", golden={"first_name": "Ada"}),
            binding(2, 1, "k", bound_to="a"),
            customer(3, 2, "cus_a", ["b"], phone="+1666", golden={"first_name": "Eva"}),
            customer(4, 1, "cus_c", ["c"]),
            binding(5, 1, "l"),
            binding(6, 2, "l", root="m"),
        ],
        places["journeys"]: [
            journey(1, 1, "j1", "cus_a", [touchpoint("t1", 0), touchpoint("t2", 50)], promises=promised),
            journey(2, 1, "j2", "cus_c", [touchpoint("t3", 0)]),
            withdrawn(3, 2, "j2"),
        ],
    }
    for place in places.values():
        while await reader.page(place, 1, compacted=False):
            pass
    await reader.store.let_go(await reader.store.ghosts())
    at = reader.at[places["events"]]
    await reader.store.park("events", event(3, "Contact Ended", "k", 10), "unreadable", at, at.at(3))
    reader.shown = set()
    gone = [
        erased(7, 3, "cus_a", [contact("k")]),
        binding(8, 2, "k", erased=True),
        customer(9, 4, "cus_a", ["a"]),
    ]
    made.feeds[places["customers"]] += gone
    while await reader._page(places["customers"], 1, compacted=False):
        pass
    await reader.store.drop_old_pieces(2**60)
    for feed in places:
        await reader.store.restart(feed, "e2")
        await reader.store.finish_restart(feed, "e2")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def texts(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[set[str]]:
    """What the writer has run."""
    url = await new_database()
    await migrate_async(url, "", MIGRATIONS)
    database = await connect(url, "", application_name="test-gateway-plans")
    recorded = Recorded(database)
    await live(recorded)
    yield recorded.texts
    await database.close()


async def whole_reads(database: Database, texts: set[str], *, by_index: bool = True) -> set[str]:
    """Statements that read all of a large table, where the tables are empty and nothing is known of them."""
    found: set[str] = set()
    async with database.asyncpg() as conn, conn.transaction():
        await conn.execute(PLANNED_ONCE)
        if not by_index:
            await conn.execute("SET LOCAL enable_seqscan = on")
        for text in filter(_STATEMENT.match, texts):
            found |= {f"{table}: {text}" for table in await read_whole(conn, text, _LARGE, _OF_FEW)}
    return found


def statements(node: ast.AST, function: str = "") -> Iterator[tuple[str, str]]:
    """Those that stand there as they are run, with the function that they stand in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.match(node.value):
        yield function, node.value
    for child in () if isinstance(node, ast.JoinedStr) else ast.iter_child_nodes(node):
        yield from statements(child, getattr(node, "name", function))


WRITTEN = [one for module in _MODULES for one in statements(ast.parse(inspect.getsource(module)))]


async def test_the_writer_reads_no_whole_table(gateway_db: Database, texts: set[str]) -> None:
    after_a_reset = {text for function, text in WRITTEN if function in _AFTER_A_RESET}
    assert await whole_reads(gateway_db, texts - after_a_reset) == set()


async def test_a_plan_for_tables_that_are_small_is_noticed(gateway_db: Database, texts: set[str]) -> None:
    assert await whole_reads(gateway_db, texts, by_index=False)


async def test_a_join_over_a_whole_index_is_noticed(gateway_db: Database) -> None:
    joined = (
        "SELECT m.record_key FROM view_member m JOIN view_customer c USING (customer_id) "
        "WHERE c.customer_id = ANY($1) AND c.state <> 1"
    )
    assert await whole_reads(gateway_db, {joined}) == {f"view_member: {joined}"}


def test_every_statement_of_the_writer_was_looked_at(texts: set[str]) -> None:
    written = {text for function, text in WRITTEN if function not in _NOT_THE_WRITERS}
    made = {leads._THERE, *leads._TAKE.values(), *leads._ADD.values()}
    assert (written | made) - texts == set()
