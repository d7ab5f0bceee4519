"""A connection of one's own, for LISTEN and NOTIFY, opened again whenever it is lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pathloom_kit.postgres import Database, RawConnection
from pathloom_kit.transient import is_transient

_log = logging.getLogger(__name__)
SILENCE_S = 15.0
"""After so long without a word a connection is asked whether it lives."""


async def while_connected(
    database: Database,
    work: Callable[[RawConnection], Awaitable[None]],
    lost: str,
    *,
    retry_s: float = 1.0,
    silence_s: float = SILENCE_S,
) -> None:
    """Until cancelled. `work` begins with each new connection and raises when that is lost; `lost` says what is away until there
    is another one. Raises what is not transient."""
    while True:
        connection: RawConnection = None
        try:
            async with asyncio.timeout(silence_s):
                connection = await database.dedicated()
            await work(connection)
        except Exception as error:
            if not is_transient(error):
                raise
            _log.warning(lost, extra={"error": type(error).__name__})
            await asyncio.sleep(retry_s)
        finally:
            if connection is not None:
                connection.terminate()
