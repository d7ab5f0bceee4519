"""How a step's statements are planned: by indexes, however small or large a table was on that day."""

import re

from pathloom_identity.adapters import record_sql, step
from pathloom_kit.feeds import log
from pathloom_kit.feeds.cursor import Lane

from tests.integration.identity.identity_stores import Store

_STATEMENTS = {
    **{name: text for name, text in vars(record_sql).items() if name.isupper() and not name.startswith("_")},
    "BEGIN": step.BEGIN,
    "PUBLISH": log._PUBLISHES[Lane.LIVE],
}
#: Tables that grow with the company.
_LARGE = ("event", "record", "identifier", "said", "block", "doubt", "feed_thing")
_WHOLE = re.compile(
    rf"(?:Seq Scan|Bitmap Heap Scan|Index Scan|Index Only Scan)[^\n]* on ({'|'.join(_LARGE)})\b[^\n]*\n([^\n]*)"
)


async def whole_reads(store: Store, *, planned_once: bool) -> set[str]:
    """Statements that read all of a large table, where the tables are empty and nothing is known of them."""
    found = set()
    async with store.database.asyncpg() as conn, conn.transaction():
        if planned_once:
            await step.alone(conn)
        for name, text in _STATEMENTS.items():
            # Explained as it is, it would be planned for the values that explaining it needs.
            await conn.execute(f"PREPARE looked_at AS {text}")
            count = max((int(number) for number in re.findall(r"\$(\d+)", text)), default=0)
            values = f"({', '.join(['NULL'] * count)})" if count else ""
            plan = "\n".join(row[0] for row in await conn.fetch(f"EXPLAIN EXECUTE looked_at{values}"))
            await conn.execute("DEALLOCATE looked_at")
            for scan in _WHOLE.finditer(plan):
                if "Seq Scan" in scan[0] or "Cond:" not in scan[2]:
                    found.add(f"{name}: {scan[1]}")
    return found


async def test_no_step_reads_a_whole_table(store: Store) -> None:
    assert await whole_reads(store, planned_once=True) == set()


async def test_a_plan_for_tables_that_are_small_is_noticed(store: Store) -> None:
    assert await whole_reads(store, planned_once=False)
