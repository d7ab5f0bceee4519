"""However many wait for a position, the read model's progress is read for all at once."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pathloom_gateway.adapters.read_model import progress as progress_module
from pathloom_gateway.adapters.read_model.progress import PostgresProgress
from pathloom_kit.clock import SystemClock
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.postgres import Database

WAIT_S = 0.3


class Counted(PostgresProgress):
    """Counts how often it is read; never anything new, until `there`."""

    reads = 0
    there = False

    async def _said(self, statement: str) -> Mapping[str, Sequence[Any]]:
        self.reads += 1
        await asyncio.sleep(0.001)
        return {}

    def _shows(self, position: Cursor, events_only: bool) -> bool:
        return self.there


def counted() -> Counted:
    return Counted(Database.__new__(Database), SystemClock())


async def test_a_hundred_who_wait_read_no_more_often_than_one() -> None:
    progress, place = counted(), Cursor("e", 0, Lane.LIVE, 7)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    answers = await asyncio.gather(*(progress.reached(place, WAIT_S) for _ in range(100)))
    lasted = loop.time() - begun
    assert answers == [False] * 100
    assert 1 < progress.reads <= lasted / progress_module._WAITING_EVERY_S + 2


async def test_who_waits_is_told_when_it_is_there() -> None:
    progress, place = counted(), Cursor("e", 0, Lane.LIVE, 7)
    waiting = [asyncio.create_task(progress.reached(place, 60)) for _ in range(10)]
    while not progress.reads:  # noqa: ASYNC110 - the tasks' own doing
        await asyncio.sleep(0.001)
    progress.there = True
    assert await asyncio.gather(*waiting) == [True] * 10
