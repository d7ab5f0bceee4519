"""Asks identity again for the erasures that a restore has undone."""

import asyncio
import logging
from dataclasses import dataclass

from pathloom.identity.v1.customers_pb2 import EraseCustomerRequest
from pathloom_kit.errors import DomainError, Kind
from pathloom_kit.postgres import Database

from pathloom_gateway.adapters.read_model.erased_before import asked_again, living_again
from pathloom_gateway.application.ports import Stewardship

_log = logging.getLogger(__name__)
_EVERY_S = 1.0
_AT_ONCE = 100
_ACTOR = "gateway, after a restore"


@dataclass(frozen=True, slots=True)
class EraseAgain:
    """A background task. Whom identity does not know, or has erased, is done with; one that is away is asked later."""

    database: Database
    identity: Stewardship

    async def forever(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            async with self.database.asyncpg() as conn:
                customer_ids = await living_again(conn, _AT_ONCE)
            for customer_id in customer_ids:
                await self._ask(customer_id)

    async def _ask(self, customer_id: str) -> None:
        request = EraseCustomerRequest(customer_id=customer_id, actor=_ACTOR)
        try:
            await self.identity.erase(request)
            _log.warning("erased again: identity was restored to before")
        except DomainError as error:
            if error.kind is not Kind.NOT_FOUND:
                _log.warning("not erased again yet", extra={"error": error.reason})
                return
        async with self.database.asyncpg() as conn:
            await asked_again(conn, customer_id)
