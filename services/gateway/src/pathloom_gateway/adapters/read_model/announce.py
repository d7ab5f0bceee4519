"""Tells every replica which customers and contacts have changed, for its hub to wake who watches them.

After a commit their keys are sent by NOTIFY, debounced, as short hashes: nothing personal, and many fit one message. A
wake-up is a hint; watchers look again now and then by themselves.
"""

import asyncio
import hashlib
from contextlib import suppress

from pathloom_kit.connected import SILENCE_S, while_connected
from pathloom_kit.postgres import Database, RawConnection

CHANNEL = "pathloom_view"
HASH_CHARS = 12
EVERYBODY = "*"
_DEBOUNCE_S = 0.01
# A message holds at most 8,000 bytes.
_A_MESSAGE = 600
# Above this many changes at once everybody looks: that is less work than saying who.
_SAY_ALL = 6_000


class Announcements:
    """Run `run()` beside the followers for as long as they live."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: set[str] = set()
        self._something = asyncio.Event()

    def changed(self, customer_ids: set[str], contact_keys: set[str]) -> None:
        """Call it after the commit. A contact is announced under its key and under its bare id."""
        keys = (
            customer_ids
            | contact_keys
            | {key.split("|", 2)[2] for key in contact_keys if key.count("|") >= 2}
        )
        self._pending |= {hash_of(key) for key in keys}
        self._something.set()

    async def run(self) -> None:
        """Until cancelled; while the database cannot be reached, watchers look again by themselves."""
        await while_connected(self._database, self._notify_forever, "views that changed are not announced")

    async def _notify_forever(self, connection: RawConnection) -> None:
        while True:
            # The time-out is for noticing a dead connection.
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S):
                    await self._something.wait()
            self._something.clear()
            pending, self._pending = self._pending, set()
            for message in _messages(pending):
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, message)
            await asyncio.sleep(_DEBOUNCE_S)


def hash_of(key: str) -> str:
    """Of HASH_CHARS characters; messages are made of them."""
    return hashlib.blake2b(key.encode(), digest_size=HASH_CHARS // 2).hexdigest()


def _messages(hashes: set[str]) -> list[str]:
    if len(hashes) > _SAY_ALL:
        return [EVERYBODY]
    ordered = sorted(hashes)
    # Empty: only asks whether the connection lives.
    return ["".join(ordered[at : at + _A_MESSAGE]) for at in range(0, len(ordered), _A_MESSAGE)] or [""]
