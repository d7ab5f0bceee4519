"""Making keys, and taking them out of force."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.ids import IdFactory

from pathloom_gateway.application.authenticate import KEY_LIFE_S, Authenticate
from pathloom_gateway.application.ports import KeyStore, Sources
from pathloom_gateway.domain.access import Key, KeyKind, KeyNotFound, Scope
from pathloom_gateway.domain.secrets import digest, secret_text

KEY_PREFIX = "plk_"


@dataclass(frozen=True, slots=True)
class CreateKey:
    """Makes a key; its secret is answered this once and kept nowhere."""

    keys: KeyStore
    sources: Sources
    clock: Clock
    new_id: IdFactory
    random: Callable[[int], bytes] = os.urandom

    async def __call__(
        self, name: str, scopes: frozenset[Scope], kind: KeyKind, source_id: str
    ) -> tuple[Key, str]:
        """InvalidArgument for a public key that may more than ingest, and for ingest without a source;
        SOURCE_NOT_FOUND."""
        if kind is KeyKind.PUBLIC and scopes != {Scope.INGEST}:
            raise InvalidArgument(fields={"scopes": "a public key may only have the scope ingest"})
        if Scope.INGEST in scopes and not source_id:
            raise InvalidArgument(fields={"source_id": "a key with the scope ingest belongs to a source"})
        if source_id:
            await self.sources.get(source_id)
        secret = secret_text(KEY_PREFIX, self.random(32))
        key = Key(self.new_id("key"), name, scopes, kind, source_id, self.clock.now())
        await self.keys.add(key, digest(secret))
        return key, secret


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """Takes a key out of force. Once this has answered, no replica takes the key any more."""

    keys: KeyStore
    authenticate: Authenticate
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def __call__(self, key_id: str) -> None:
        """Raises KeyNotFound."""
        if not await self.keys.revoke(key_id, self.clock.now()):
            raise KeyNotFound("no key has this id")
        self.authenticate.forget()
        await self.sleep(KEY_LIFE_S)


async def keep_admin_key(keys: KeyStore, secret: str, clock: Clock) -> None:
    """The key that a new platform is set up with: in force while ADMIN_KEY names it, replaced when that changes.

    ValueError for one too short to be unguessable.
    """
    if len(secret) < 32:
        raise ValueError("the admin key needs at least 32 characters, made at random")
    scopes = frozenset({Scope.ADMIN, Scope.READ})
    key = Key("key_bootstrap", "bootstrap", scopes, KeyKind.SERVER, "", clock.now())
    await keys.ensure(key, digest(secret))
