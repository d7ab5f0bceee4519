"""Ready means able to serve: a service's own store decides it, and nothing else.

A dead upstream makes nobody unready, since what is there can still be read; and liveness asks no store at all, since a
restart would bring none back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pathloom_kit.postgres import Database, RawConnection

_log = logging.getLogger(__name__)


class Tells(Protocol):
    """Where it is told: pathloom_kit.rpc.server.RunningServer."""

    async def set_serving(self, serving: bool) -> None:
        """From now on it can serve, or cannot."""
        ...


@dataclass(slots=True)
class Steady:
    """Turns only after `down_after` failures, or `up_after` successes, in a row: one lost packet takes no replica out,
    and a store that flutters brings none back."""

    down_after: int = 3
    up_after: int = 2
    ready: bool = True
    _against: int = 0

    def saw(self, answered: bool) -> bool:
        """Whether it turned with this one; `ready` is how it stands now."""
        self._against = 0 if answered == self.ready else self._against + 1
        if self._against < (self.down_after if self.ready else self.up_after):
            return False
        self._against = 0
        self.ready = answered
        return True


async def follow_store(
    server: Tells,
    ask: Callable[[], Awaitable[None]],
    *,
    every_s: float = 2.0,
    within_s: float = 3.0,
    steady: Steady | None = None,
) -> None:
    """Keeps what `server` says of itself true, until cancelled. `ask` is light and raises, or takes longer than
    `within_s` seconds, when the store does not answer. Run it by `service.spawn`."""
    steady = steady or Steady()
    while True:
        await asyncio.sleep(every_s)
        why = ""
        try:
            async with asyncio.timeout(within_s):
                await ask()
        except (
            Exception
        ) as error:  # whatever it is, the store cannot be used; the next answer tells when it can
            why = type(error).__name__
        if steady.saw(not why):
            if steady.ready:
                _log.info("the store answers again, ready")
            else:
                _log.warning("the store does not answer, not ready", extra={"error": why})
            await server.set_serving(steady.ready)


class PostgresAnswers:
    """Asks a PostgreSQL over a connection of its own: a pool that is busy is no store that is away. `close` it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: RawConnection = None

    async def __call__(self) -> None:
        """Raises when it does not answer."""
        try:
            if self._connection is None:
                self._connection = await self._database.dedicated()
            await self._connection.fetchval("SELECT true")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Drops the connection, if there is one."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
