"""Wakes whoever watches a customer or a contact here: the followers announce what changed (announce.py)."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from pathloom_kit.connected import SILENCE_S, while_connected
from pathloom_kit.postgres import Database, RawConnection

from pathloom_gateway.adapters.read_model.announce import CHANNEL, EVERYBODY, HASH_CHARS, hash_of


class Watcher:
    """One watcher; see Watch."""

    def __init__(self, hub: "ViewHub") -> None:
        self._hub = hub
        self._hashes: frozenset[str] = frozenset()
        self._event = asyncio.Event()

    def keys(self, keys: frozenset[str]) -> None:
        """From now on these."""
        hashes = frozenset(hash_of(key) for key in keys if key)
        self._hub.move(self, self._hashes, hashes)
        self._hashes = hashes

    async def changed(self, timeout_s: float) -> bool:
        """True when something changed since the last call."""
        with suppress(TimeoutError):
            # Not wait_for: on Python 3.11 it can swallow a cancellation (as in the kit's followers).
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        was = self._event.is_set()
        self._event.clear()
        return was

    def wake(self) -> None:
        """Something changed."""
        self._event.set()


class ViewHub:
    """Run `run()` beside the server for as long as it lives."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watchers: dict[str, set[Watcher]] = {}

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Watcher]:
        """A watcher, for as long as the block lasts."""
        watcher = Watcher(self)
        try:
            yield watcher
        finally:
            watcher.keys(frozenset())

    def move(self, watcher: Watcher, before: frozenset[str], after: frozenset[str]) -> None:
        """The watcher's keys have changed."""
        for key in before - after:
            held = self._watchers.get(key)
            if held is not None:
                held.discard(watcher)
                if not held:
                    del self._watchers[key]
        for key in after - before:
            self._watchers.setdefault(key, set()).add(watcher)

    async def run(self) -> None:
        """Until cancelled; while the database cannot be reached, watchers look again by themselves."""
        await while_connected(self._database, self._listen, "wake-ups of views are down")

    async def _listen(self, connection: RawConnection) -> None:
        async with asyncio.timeout(SILENCE_S):
            await connection.add_listener(CHANNEL, self._heard)
        self._wake_all()
        await _until_lost(connection)

    def _heard(self, connection: RawConnection, pid: int, channel: str, message: str) -> None:
        if message == EVERYBODY:
            self._wake_all()
        else:
            self._wake(message[at : at + HASH_CHARS] for at in range(0, len(message), HASH_CHARS))

    def _wake(self, hashes: Iterable[str]) -> None:
        for one in hashes:
            for watcher in self._watchers.get(one, ()):
                watcher.wake()

    def _wake_all(self) -> None:
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.wake()


async def _until_lost(connection: RawConnection) -> None:
    """Raises a transient error when it is; one that died without a word is asked now and then."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(SILENCE_S):
                await lost.wait()
        async with asyncio.timeout(SILENCE_S):
            await connection.execute("SELECT")
