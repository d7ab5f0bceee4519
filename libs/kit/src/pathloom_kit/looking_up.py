"""A transaction that looks things up and writes them: planned once, by indexes, and not by how large a table was on that day."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pathloom_kit.postgres import RawConnection

# A small table is quickly read as a whole, and so are all of a platform's on its first day. Such a plan stays until the
# table is analysed, which is minutes and thousands of rows later.
PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off"


@asynccontextmanager
async def looking_up(conn: RawConnection, alone: int | None = None) -> AsyncIterator[None]:
    """One transaction, begun in one round trip: committed at the exit, rolled back on any exception. With `alone` the only one
    of this number (an advisory lock) until its end. None can be begun within it."""
    begin = f"BEGIN; {PLANNED_ONCE}"
    await conn.execute(begin if alone is None else f"{begin}; SELECT pg_advisory_xact_lock({alone:d})")
    try:
        yield
    except BaseException:
        if not conn.is_closed():
            await conn.execute("ROLLBACK")
        raise
    await conn.execute("COMMIT")
