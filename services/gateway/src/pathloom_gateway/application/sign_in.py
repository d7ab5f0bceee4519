"""Console users: adding one, signing in and out."""

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.application.ports import SessionStore, User, UserStore
from pathloom_gateway.domain.access import RateLimited, Scope, SignInRefused, UserExists
from pathloom_gateway.domain.secrets import (
    MAX_PASSWORD,
    MIN_PASSWORD,
    digest,
    hash_password,
    password_matches,
    secret_text,
)
from pathloom_gateway.domain.token_bucket import TokenBucket

SESSION_PREFIX = "pls_"
_TRIES_BURST, _TRIES_PER_S = 10, 1 / 30
_MAX_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class AddUser:
    """Adds a console user."""

    users: UserStore
    clock: Clock
    random: Callable[[int], bytes] = os.urandom

    async def __call__(self, name: str, password: str, scopes: frozenset[Scope]) -> None:
        """InvalidArgument for a name or password that will not do, UserExists."""
        if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
            raise InvalidArgument(fields={"name": "1 to 64 printable characters"})
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise InvalidArgument(fields={"password": f"{MIN_PASSWORD} to {MAX_PASSWORD} characters"})
        kept = await asyncio.to_thread(hash_password, password, self.random(16))
        if not await self.users.add(User(name, kept, scopes), self.clock.now()):
            raise UserExists("there is a user of this name")


@dataclass(slots=True)
class SignIn:
    """Name and password become a session. Ten tries a user, then one every 30 s; one check at a time, because each
    takes 32 MB."""

    users: UserStore
    sessions: SessionStore
    clock: Clock
    lifetime: timedelta
    random: Callable[[int], bytes] = os.urandom
    monotonic: Callable[[], float] = time.monotonic
    _tries: OrderedDict[str, TokenBucket] = field(default_factory=OrderedDict)
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)
    _nobody: str = ""

    async def __call__(self, name: str, password: str) -> tuple[str, User, datetime]:
        """The session's secret, the user and when it ends. Raises SignInRefused, RateLimited."""
        self._take(name)
        refused = SignInRefused("name or password is wrong")
        if len(name) > 64 or len(password) > MAX_PASSWORD or "\0" in name:
            raise refused
        user = await self.users.find(name)
        async with self._one:
            if not self._nobody:
                # An unknown name is checked against this, so that the time taken does not tell who has an account.
                self._nobody = await asyncio.to_thread(hash_password, "nobody's", self.random(16))
            kept = user.password if user else self._nobody
            matches = await asyncio.to_thread(password_matches, password, kept)
        if user is None or not matches:
            raise refused
        self._tries.pop(name, None)
        secret = secret_text(SESSION_PREFIX, self.random(32))
        now = self.clock.now()
        expires_at = now + self.lifetime
        await self.sessions.add(digest(secret), user.name, now, expires_at)
        return secret, user, expires_at

    async def out(self, secret: str) -> None:
        """Ends the session; no error when there is none."""
        await self.sessions.drop(digest(secret))

    def _take(self, name: str) -> None:
        key = name[:64]
        now = self.monotonic()
        bucket = self._tries.setdefault(key, TokenBucket.full(_TRIES_PER_S, _TRIES_BURST, now))
        self._tries.move_to_end(key)
        if len(self._tries) > _MAX_BUCKETS:
            self._tries.popitem(last=False)
        wait = bucket.take(now)
        if wait:
            raise RateLimited("too many attempts to sign in", retry_after_s=wait)
