"""Wakes whoever watches a customer or a contact, in every replica.

After a commit its keys are sent by NOTIFY, debounced, as short hashes: nothing personal, and many fit one message. A
wake-up is a hint; watchers look again now and then by themselves.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from pathloom_kit.postgres import Database, RawConnection
from pathloom_kit.transient import is_transient

_log = logging.getLogger(__name__)
_CHANNEL = "pathloom_view"
_DEBOUNCE_S = 0.01
_RETRY_S = 1.0
_HASH_CHARS = 12
# A message holds at most 8,000 bytes.
_A_MESSAGE = 600
_ALL = "*"
# Above this many changes at once everybody looks: that is less work than saying who.
_SAY_ALL = 6_000


class Watcher:
    """One watcher; see Watch."""

    def __init__(self, hub: "ViewHub") -> None:
        self._hub = hub
        self._hashes: frozenset[str] = frozenset()
        self._event = asyncio.Event()

    def keys(self, keys: frozenset[str]) -> None:
        """From now on these."""
        hashes = frozenset(_hash(key) for key in keys if key)
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
        self._pending: set[str] = set()
        self._something = asyncio.Event()

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Watcher]:
        """A watcher, for as long as the block lasts."""
        watcher = Watcher(self)
        try:
            yield watcher
        finally:
            watcher.keys(frozenset())

    def changed(self, customer_ids: set[str], contact_keys: set[str]) -> None:
        """Call it after the commit. A contact is announced under its key and under its bare id."""
        keys = (
            customer_ids
            | contact_keys
            | {key.split("|", 2)[2] for key in contact_keys if key.count("|") >= 2}
        )
        hashes = {_hash(key) for key in keys}
        self._wake(hashes)
        self._pending |= hashes
        self._something.set()

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
        while True:
            connection: RawConnection = None
            try:
                connection = await self._database.dedicated()
                await connection.add_listener(_CHANNEL, self._heard)
                self._wake_all()
                await self._notify_forever(connection)
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("wake-ups of views are down", extra={"error": type(error).__name__})
                await asyncio.sleep(_RETRY_S)
            finally:
                if connection is not None:
                    connection.terminate()

    async def _notify_forever(self, connection: RawConnection) -> None:
        while True:
            # The time-out is for noticing a dead connection.
            with suppress(TimeoutError):
                async with asyncio.timeout(15):
                    await self._something.wait()
            self._something.clear()
            pending, self._pending = self._pending, set()
            for message in _messages(pending):
                await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, message)
            await asyncio.sleep(_DEBOUNCE_S)

    def _heard(self, connection: RawConnection, pid: int, channel: str, message: str) -> None:
        if pid == connection.get_server_pid():
            return
        if message == _ALL:
            self._wake_all()
        else:
            self._wake(message[at : at + _HASH_CHARS] for at in range(0, len(message), _HASH_CHARS))

    def _wake(self, hashes: Iterable[str]) -> None:
        for one in hashes:
            for watcher in self._watchers.get(one, ()):
                watcher.wake()

    def _wake_all(self) -> None:
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.wake()


def _messages(hashes: set[str]) -> list[str]:
    if len(hashes) > _SAY_ALL:
        return [_ALL]
    ordered = sorted(hashes)
    # Empty: only asks whether the connection lives.
    return ["".join(ordered[at : at + _A_MESSAGE]) for at in range(0, len(ordered), _A_MESSAGE)] or [""]


def _hash(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=_HASH_CHARS // 2).hexdigest()
