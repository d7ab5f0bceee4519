"""Steps that wait for each other are one transaction, and each has its own outcome."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.together import Together

LIVE, BULK = Lane.LIVE, Lane.BULK


@dataclass(frozen=True)
class Step:
    name: str
    lane: Lane = LIVE


class Store:
    """Commits what it is given, once it is let; `bad` steps cannot be committed."""

    def __init__(self, *bad: str, away: bool = False, apart_s: float = 0) -> None:
        self.bad = set(bad)
        self.away = away
        self.open = asyncio.Event()
        self.tried: list[list[str]] = []
        self.committed: list[str] = []
        self.together = Together[Step](self.write, lambda error: isinstance(error, ConnectionError), apart_s)

    async def write(self, steps: Sequence[Step]) -> None:
        self.tried.append([step.name for step in steps])
        await self.open.wait()
        if self.away:
            raise ConnectionError
        for step in steps:
            if step.name in self.bad:
                raise ValueError(step.name)
        self.committed += [step.name for step in steps]

    def begin(self, *steps: Step) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.together(step)) for step in steps]


async def begun(store: Store, *steps: Step) -> list[asyncio.Task[None]]:
    """The first is under way before the others come."""
    (first,) = store.begin(steps[0])
    await asyncio.sleep(0)
    others = store.begin(*steps[1:])
    await asyncio.sleep(0)
    return [first, *others]


async def test_what_comes_while_one_is_under_way_is_one_transaction_after_it() -> None:
    store = Store()
    tasks = await begun(store, *map(Step, "abcd"))
    store.open.set()
    await asyncio.gather(*tasks)
    assert store.tried == [["a"], ["b", "c", "d"]]


async def test_lanes_stay_apart_and_whoever_waited_longest_is_next() -> None:
    store = Store()
    tasks = await begun(store, Step("a"), Step("b", BULK), Step("c"), Step("d", BULK), Step("e"))
    store.open.set()
    await asyncio.gather(*tasks)
    assert store.tried == [["a"], ["b", "d"], ["c", "e"]]


async def test_one_that_fails_fails_alone() -> None:
    store = Store("c")
    tasks = await begun(store, *map(Step, "abcd"))
    store.open.set()
    a, b, c, d = await asyncio.gather(*tasks, return_exceptions=True)
    assert (a, b, d) == (None, None, None)
    assert isinstance(c, ValueError)
    assert sorted(store.committed) == ["a", "b", "d"]


async def test_a_store_that_is_away_is_asked_once_for_all() -> None:
    store = Store(away=True)
    tasks = await begun(store, *map(Step, "abc"))
    store.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in found] == [ConnectionError] * 3
    assert store.tried == [["a"], ["b", "c"]]


@pytest.mark.parametrize("cancelled", range(4))
async def test_whoever_is_cancelled_leaves_the_others_to_be_done(cancelled: int) -> None:
    store = Store()
    tasks = await begun(store, *map(Step, "abcd"))
    tasks[cancelled].cancel()
    store.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found.pop(cancelled), asyncio.CancelledError)
    assert found == [None] * 3
    others = [name for n, name in enumerate("abcd") if n != cancelled]
    assert store.committed == others


async def test_the_one_that_does_it_for_all_is_cancelled_meanwhile() -> None:
    store = Store()
    tasks = await begun(store, *map(Step, "abcd"))
    tasks[0].cancel()
    await asyncio.sleep(0.01)
    assert store.tried == [["a"], ["b", "c", "d"]]
    tasks[1].cancel()
    await asyncio.sleep(0.01)
    store.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert found[2:] == [None, None]
    assert store.tried[2:] == [["c", "d"]]
    assert store.committed == ["c", "d"]


async def test_live_transactions_begin_apart_and_take_what_came_meanwhile() -> None:
    store = Store(apart_s=0.05)
    store.open.set()
    loop, first = asyncio.get_running_loop(), asyncio.get_running_loop().time()
    await asyncio.gather(*await begun(store, *map(Step, "abc")))
    assert store.tried == [["a"], ["b", "c"]]
    assert loop.time() - first >= 0.05


async def test_the_first_after_a_pause_begins_at_once_and_history_does_not_wait() -> None:
    store = Store(apart_s=3600)
    store.open.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*store.begin(Step("a"), Step("b", BULK), Step("c", BULK)))
        await asyncio.gather(*store.begin(Step("d", BULK)))
    assert store.tried == [["a"], ["b", "c"], ["d"]]
