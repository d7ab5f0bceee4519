"""Who is calling: a key or a session becomes a principal, within its rate."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from pathloom_kit.clock import Clock

from pathloom_gateway.application.ports import KeyStore, SessionStore
from pathloom_gateway.domain.access import (
    Key,
    KeyKind,
    KeyMissing,
    KeyUnknown,
    Principal,
    RateLimited,
    SessionUnknown,
)
from pathloom_gateway.domain.secrets import digest
from pathloom_gateway.domain.token_bucket import TokenBucket

KEY_LIFE_S = 1.0
"""How long a key found is believed without asking again. Revoking waits this long before it answers, so that once
it has answered no replica takes the key any more."""
_MAX_KEYS = 10_000
_MAX_SECRET = 512


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls a second, and the burst above that."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """A key in force at `at`, when the store was asked."""

    key: Key
    principal: Principal
    at: float


@dataclass(slots=True, eq=False)
class _Question:
    """To the store, on its way."""

    begun: float
    answer: "asyncio.Future[_Seen | None] | None" = None


@dataclass(slots=True)
class Authenticate:
    """From a secret to a Principal. Keeps keys it has seen for KEY_LIFE_S and a token bucket for each key. Of all who
    call with one key, one asks the store."""

    keys: KeyStore
    sessions: SessionStore
    clock: Clock
    rates: dict[KeyKind, Rate]
    monotonic: Callable[[], float] = time.monotonic
    _seen: OrderedDict[bytes, _Seen] = field(default_factory=OrderedDict)
    _asking: dict[bytes, _Question] = field(default_factory=dict)
    _buckets: OrderedDict[str, TokenBucket] = field(default_factory=OrderedDict)

    async def by_key(self, secret: str) -> Principal:
        """Raises KeyMissing for an empty secret, KeyUnknown, RateLimited."""
        if not secret:
            raise KeyMissing("a key is needed: Authorization: Bearer KEY, or Basic with the key as user")
        if len(secret) > _MAX_SECRET:
            raise KeyUnknown("the key is not known")
        hashed = digest(secret)
        now = self.monotonic()
        seen = self._seen.get(hashed)
        if seen is None or now - seen.at >= KEY_LIFE_S:
            seen = await self._found(hashed, now)
        if seen is None:
            raise KeyUnknown("the key is not known, or no longer")
        self._take(seen.key, now)
        return seen.principal

    async def by_session(self, secret: str) -> Principal:
        """Raises SessionUnknown."""
        session = (
            await self.sessions.find(digest(secret), self.clock.now()) if len(secret) <= _MAX_SECRET else None
        )
        if session is None:
            raise SessionUnknown("the session has ended: sign in again")
        return Principal(via="session", scopes=session.scopes, user=session.user)

    def forget(self) -> None:
        """Asks the store again for every key from now on."""
        self._seen.clear()
        self._asking.clear()

    async def _found(self, hashed: bytes, now: float) -> _Seen | None:
        asking = self._asking.get(hashed)
        # What was asked too long before this call came may have been answered before a revocation was.
        if asking is None or now - asking.begun >= KEY_LIFE_S:
            asking = self._asking[hashed] = _Question(now)
            asking.answer = asyncio.ensure_future(self._ask(hashed, asking))
        assert asking.answer is not None
        return await asyncio.shield(asking.answer)  # who hangs up does not end it for the others

    async def _ask(self, hashed: bytes, asking: _Question) -> _Seen | None:
        try:
            key = await self.keys.find(hashed)
        finally:
            if newest := self._asking.get(hashed) is asking:
                del self._asking[hashed]
        if key is None:
            self._seen.pop(hashed, None)
            return None
        seen = _Seen(key, _principal(key), asking.begun)
        if newest:
            self._seen[hashed] = seen
            self._seen.move_to_end(hashed)
            if len(self._seen) > _MAX_KEYS:
                self._seen.popitem(last=False)
        return seen

    def _take(self, key: Key, now: float) -> None:
        bucket = self._buckets.get(key.key_id)
        if bucket is None:
            rate = self.rates[key.kind]
            bucket = self._buckets[key.key_id] = TokenBucket.full(rate.per_s, rate.burst, now)
            if len(self._buckets) > _MAX_KEYS:
                self._buckets.popitem(last=False)
        wait = bucket.take(now)
        if wait:
            raise RateLimited("too many calls with this key", retry_after_s=wait)


def _principal(key: Key) -> Principal:
    return Principal(
        via=key.key_id, scopes=key.scopes, source_id=key.source_id, public=key.kind is KeyKind.PUBLIC
    )
