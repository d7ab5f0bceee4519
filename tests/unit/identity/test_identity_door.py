"""Taking history in goes before working on it, and never for good."""

import asyncio
from itertools import pairwise

import pytest
from pathloom_identity.application import door as door_module
from pathloom_identity.application.door import AGAIN_S, EVERY_S, FOLLOWED, LATELY_S, PRESSED, SHARE, Door


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_while_history_is_taken_in_none_is_worked_on() -> None:
    time = Time()
    door = Door(time)
    taken(door, time, 10 * LATELY_S, 2 * PRESSED)
    door.history_took(1.0)
    assert not door.history_may_go()
    time.now += LATELY_S
    assert door.history_may_go()


def test_however_much_comes_history_gets_its_share() -> None:
    time = Time()
    door, worked = Door(time), 0.0
    with door.taking():
        time.now += 10 * LATELY_S
        begun = time.now
        while time.now < begun + 10_000:
            if door.history_may_go():
                time.now += 2.0
                worked += 2.0
                door.history_took(2.0)
            else:
                time.now += AGAIN_S
    assert abs(worked / (time.now - begun) - SHARE) < 0.01


def test_where_nothing_is_taken_in_nothing_waits() -> None:
    time = Time()
    door = Door(time)
    door.history_took(5.0)
    assert door.history_may_go()


def test_what_trickles_in_is_worked_on_at_once() -> None:
    time = Time()
    door = Door(time)
    taken(door, time, 100 * LATELY_S, PRESSED / 2)
    door.history_took(5.0)
    assert door.history_may_go()


def taken(door: Door, time: Time, seconds: float, share: float) -> None:
    """History comes for so long, in pieces of which each is being written for a share of its time."""
    until = time.now + seconds
    while time.now < until:
        with door.taking():
            time.now += share * 0.05
        time.now += (1 - share) * 0.05


async def test_who_follows_the_log_gets_little_of_it_while_its_sender_presses() -> None:
    time = Time()
    door = Door(time)
    taken(door, time, 10 * LATELY_S, 2 * PRESSED)
    assert door.pressed()
    assert await door.page_of_history(5000) == FOLLOWED
    time.now += 10 * LATELY_S
    assert await door.page_of_history(5000) == 5000


async def test_history_that_trickles_in_is_followed_at_once() -> None:
    time = Time()
    door = Door(time)
    taken(door, time, 100 * LATELY_S, PRESSED / 2)
    assert not door.pressed()
    assert [await door.page_of_history(5000) for _ in range(3)] == [5000] * 3


async def test_a_load_that_never_pauses_is_followed_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "AGAIN_S", 0.0)
    time = Time()
    door, pages = Door(time), list[float]()

    async def follow() -> None:
        while True:
            assert await door.page_of_history(5000) == FOLLOWED
            pages.append(time.now)

    with door.taking():
        time.now += 10 * LATELY_S
        following = [asyncio.create_task(follow()) for _ in range(2)]
        while len(pages) < 4:
            await asyncio.sleep(0)
            time.now += 0.1
        for task in following:
            task.cancel()
    assert all(later - earlier >= EVERY_S for earlier, later in pairwise(pages))
