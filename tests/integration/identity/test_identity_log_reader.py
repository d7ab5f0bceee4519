"""Asking whether anything waits costs the same however long the log is."""

from pathloom_identity.adapters.log_reader import waiting
from pathloom_identity.application.ports import AppendRequest
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.postgres import RawConnection

from tests.integration.identity.identity_stores import Store
from tests.integration.identity.test_identity_households import told

LOG = 20_000
# Copies of the one event there is, in both lanes.
FILL = f"""
INSERT INTO event SELECT (row).* FROM (
    SELECT jsonb_populate_record(e, jsonb_build_object(
        'lane', 1 + i % 2, 'n', i + 1, 'event_id', '\\x' || lpad(to_hex(i), 8, '0'))) AS row
    FROM event e, generate_series(1, {LOG}) AS i
) made
"""  # noqa: S608 - a number of ours


async def scanned(conn: RawConnection) -> int:
    """Rows of the log that were read without an index, ever."""
    await conn.execute("SELECT pg_stat_force_next_flush()")
    await conn.execute("SELECT pg_stat_clear_snapshot()")
    return int(
        await conn.fetchval("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'event'") or 0
    )


async def test_the_log_is_not_read_to_tell_that_nothing_waits(store: Store) -> None:
    await store.log.append([AppendRequest("crm", Lane.LIVE, [told("1", "a", 1)])], 10**12)
    async with store.database.asyncpg() as conn:
        await conn.execute(FILL)
        await conn.execute("ANALYZE event")
        before = await scanned(conn)
        # Again and again, so that the plan is the one that is kept for any number.
        for _ in range(10):
            assert await waiting(conn, {Lane.LIVE: LOG + 1, Lane.BULK: LOG + 1}) == set()
        assert await waiting(conn, {Lane.LIVE: LOG + 1, Lane.BULK: 1}) == {Lane.BULK}
        assert await waiting(conn, {Lane.LIVE: 1, Lane.BULK: LOG + 1}) == {Lane.LIVE}
        assert await scanned(conn) == before
