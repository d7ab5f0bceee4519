"""The record of look-ups in PostgreSQL: written in batches off the path of the read, none dropped."""

import asyncio
import base64
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pathloom.gateway.v1 import admin_pb2
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.postgres import Database
from sqlalchemy import select
from sqlmodel import col

from pathloom_gateway.adapters.door_tables import LookUpRow

_log = logging.getLogger(__name__)

Entry = tuple[datetime, str, str, list[str], str]
_INSERT = "INSERT INTO look_up (at, actor, via, customer_ids, by) VALUES ($1, $2, $3, $4, $5)"
_BATCH = 1_000
_GATHER_S = 0.05
_FIRST_RETRY_S, _LAST_RETRY_S = 0.1, 5.0


class PostgresLookUpLog:
    """A LookUpLog. `run` writes until cancelled; `drain` waits until all is written. While PostgreSQL is away the
    entries wait here, up to `room`; then reads wait too."""

    def __init__(self, database: Database, room: int = 10_000) -> None:
        self._database = database
        self._queue: asyncio.Queue[Entry] = asyncio.Queue(room)

    async def record(self, at: datetime, actor: str, via: str, customer_ids: Sequence[str], by: str) -> None:
        await self._queue.put((at, actor, via, list(customer_ids), by))

    async def run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            # A commit for each look-up would cost more than the look-up.
            await asyncio.sleep(_GATHER_S)
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write(batch)
            for _ in batch:
                self._queue.task_done()

    async def drain(self) -> None:
        await self._queue.join()

    async def _write(self, batch: Sequence[Entry]) -> None:
        retry_s = _FIRST_RETRY_S
        while True:
            try:
                async with self._database.asyncpg() as conn:
                    await conn.executemany(_INSERT, batch)  # all or none
                return
            except Exception:  # whatever it was, the entries must not be lost: say so and try again
                _log.exception("could not write %d look-ups; trying again", len(batch))
                await asyncio.sleep(retry_s)
                retry_s = min(_LAST_RETRY_S, retry_s * 2)


@dataclass(frozen=True, slots=True)
class PostgresLookUpList:
    """A LookUpList."""

    database: Database

    async def page(
        self, customer_id: str, size: int, token: str
    ) -> tuple[Sequence[admin_pb2.LookUpRecord], str]:
        statement = select(LookUpRow.__table__).order_by(col(LookUpRow.look_up_id).desc())  # type: ignore[attr-defined]
        if customer_id:
            statement = statement.where(col(LookUpRow.customer_ids).contains([customer_id]))
        if token:
            statement = statement.where(col(LookUpRow.look_up_id) < _before(token))
        async with self.database.transaction() as conn:
            rows = (await conn.execute(statement.limit(size + 1))).all()
        more = len(rows) > size
        rows = rows[:size]
        return [_record(row) for row in rows], _token(rows[-1].look_up_id) if more else ""


def _record(row: "object") -> admin_pb2.LookUpRecord:
    found = row._mapping  # type: ignore[attr-defined]
    record = admin_pb2.LookUpRecord(
        actor=found["actor"], via=found["via"], customer_ids=found["customer_ids"], by=found["by"]
    )
    record.at.FromDatetime(found["at"])
    return record


def _token(look_up_id: int) -> str:
    return base64.urlsafe_b64encode(str(look_up_id).encode()).decode().rstrip("=")


def _before(token: str) -> int:
    try:
        found = int(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except ValueError:
        found = -1
    if not 0 < found < 2**63 or _token(found) != token:
        raise InvalidArgument(fields={"page_token": "is not a token that was handed out"})
    return found
