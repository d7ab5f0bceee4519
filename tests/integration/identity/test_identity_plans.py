"""How a step's statements are planned: by indexes, however small or large a table was on that day."""

from pathloom_identity.adapters import record_sql, step
from pathloom_kit.feeds import log
from pathloom_kit.feeds.cursor import Lane

from tests.integration.identity.identity_stores import Store
from tests.integration.pg_plans import read_whole

_STATEMENTS = {
    **{name: text for name, text in vars(record_sql).items() if name.isupper() and not name.startswith("_")},
    "BEGIN": step.BEGIN,
    "PUBLISH": log._PUBLISHES[Lane.LIVE],
}
#: Tables that grow with the company.
_LARGE = ("event", "record", "identifier", "said", "block", "doubt", "feed_thing")


async def whole_reads(store: Store, *, planned_once: bool) -> set[str]:
    """Statements that read all of a large table, where the tables are empty and nothing is known of them."""
    found: set[str] = set()
    async with store.database.asyncpg() as conn, conn.transaction():
        if planned_once:
            await step.alone(conn)
        for name, text in _STATEMENTS.items():
            found |= {f"{name}: {table}" for table in await read_whole(conn, text, _LARGE)}
    return found


async def test_no_step_reads_a_whole_table(store: Store) -> None:
    assert await whole_reads(store, planned_once=True) == set()


async def test_a_plan_for_tables_that_are_small_is_noticed(store: Store) -> None:
    assert await whole_reads(store, planned_once=False)
