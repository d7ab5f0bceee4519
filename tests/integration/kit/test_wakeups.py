"""Wake-ups reach the streams of this process at once and those of other replicas by NOTIFY; none is needed."""

import asyncio

from pathloom_kit.feeds.wakeup import LocalWakeUp, PgWakeUps
from pathloom_kit.postgres import Database

FOREVER = 1000.0  # the test's own time limit is the only clock


async def test_a_change_between_mark_and_wait_is_not_missed() -> None:
    wakeup = LocalWakeUp()
    mark = wakeup.mark()
    wakeup.signal()
    await wakeup.wait(mark, FOREVER)


async def test_everybody_who_waits_wakes() -> None:
    wakeup = LocalWakeUp()
    waiting = [asyncio.create_task(wakeup.wait(wakeup.mark(), FOREVER)) for _ in range(3)]
    await asyncio.sleep(0)
    wakeup.signal()
    await asyncio.gather(*waiting)


async def test_without_a_change_the_time_is_up() -> None:
    wakeup = LocalWakeUp()
    await wakeup.wait(wakeup.mark(), 0.001)


async def test_another_replica_wakes_too_and_again_after_its_connection_was_cut(upstream: Database) -> None:
    here, there = (PgWakeUps(upstream, retry_s=0.01, silence_s=2) for _ in range(2))
    tasks = [asyncio.create_task(one.run()) for one in (here, there)]
    try:
        for _ in range(2):
            mark = there.of("things").mark()
            while there.of("things").mark() == mark:
                for task in tasks:
                    if task.done():
                        task.result()
                here.published("things")  # a hint may be lost while nobody listens yet
                await asyncio.sleep(0.02)
            async with upstream.asyncpg() as conn:
                await conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks)
