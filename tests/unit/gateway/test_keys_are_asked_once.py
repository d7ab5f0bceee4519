"""However many call with one key at once, the store is asked once; and nobody is taken on an answer that is too old."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from pathloom_gateway.application.authenticate import KEY_LIFE_S, Authenticate, Rate
from pathloom_gateway.domain.access import Key, KeyKind, KeyUnknown, Scope
from pathloom_gateway.domain.secrets import digest
from pathloom_kit.clock import SystemClock

SECRET = "plk_of_a_test"
KEY = Key("key_1", "one", frozenset({Scope.READ}), KeyKind.SERVER, "", datetime(2026, 1, 1, tzinfo=UTC))


class Keys:
    """A KeyStore that answers what stood in it when it was asked, once it is let."""

    def __init__(self) -> None:
        self.key: Key | None = KEY
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def find(self, hashed: bytes) -> Key | None:
        self.asked += 1
        found = self.key if hashed == digest(SECRET) else None
        await self.may_answer.wait()
        return found

    async def add(self, key: Key, hashed: bytes) -> None: ...

    async def ensure(self, key: Key, hashed: bytes) -> None: ...

    async def list(self) -> Sequence[Key]:
        return []

    async def revoke(self, key_id: str, at: datetime) -> bool:
        self.key = None
        return True


class NoSessions:
    async def find(self, hashed: bytes, now: datetime) -> None: ...

    async def add(self, hashed: bytes, user: str, now: datetime, until: datetime) -> None: ...

    async def remove(self, hashed: bytes) -> None: ...


class Watch:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def door(keys: Keys, watch: Watch) -> Authenticate:
    rates = {kind: Rate(10_000, 10_000) for kind in KeyKind}
    return Authenticate(keys, NoSessions(), SystemClock(), rates, watch)  # type: ignore[arg-type]


async def _begun(*calls: "asyncio.Task[object]") -> None:
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(call.done() for call in calls)


async def test_a_hundred_calls_ask_once_and_again_when_the_life_is_over() -> None:
    keys, watch = Keys(), Watch()
    keys.may_answer.set()
    authenticate = door(keys, watch)
    for times in (1, 2):
        found = await asyncio.gather(*(authenticate.by_key(SECRET) for _ in range(100)))
        assert {one.via for one in found} == {"key_1"}
        assert keys.asked == times
        watch.now += KEY_LIFE_S


async def test_a_call_after_a_revocation_was_answered_joins_no_question_from_before_it() -> None:
    keys, watch = Keys(), Watch()
    authenticate = door(keys, watch)
    before = asyncio.create_task(authenticate.by_key(SECRET))
    await _begun(before)
    await keys.revoke("key_1", datetime.now(UTC))
    watch.now += KEY_LIFE_S  # as long as RevokeKey waits before it answers
    after = asyncio.create_task(authenticate.by_key(SECRET))
    await _begun(after)
    keys.may_answer.set()
    assert (await before).via == "key_1"
    with pytest.raises(KeyUnknown):
        await after
    with pytest.raises(KeyUnknown):
        await authenticate.by_key(SECRET)
    assert keys.asked >= 2


async def test_who_hangs_up_does_not_end_the_question_for_the_others() -> None:
    keys, watch = Keys(), Watch()
    authenticate = door(keys, watch)
    first, second = (asyncio.create_task(authenticate.by_key(SECRET)) for _ in range(2))
    await _begun(first, second)
    first.cancel()
    await asyncio.wait({first})
    keys.may_answer.set()
    assert (await second).via == "key_1"
    assert (first.cancelled(), keys.asked) == (True, 1)


async def test_an_unknown_key_is_asked_for_each_time() -> None:
    keys, watch = Keys(), Watch()
    keys.may_answer.set()
    authenticate = door(keys, watch)
    for _ in range(2):
        with pytest.raises(KeyUnknown):
            await authenticate.by_key("another")
    assert keys.asked == 2
