"""What both processes begin with: the stores and services they reach, and tasks that go on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

import grpc.aio
from pathloom_kit.postgres import Database, connect
from pathloom_kit.rpc import client

from pathloom_gateway.settings import Settings

_log = logging.getLogger(__name__)
_RESTART_S = 1.0


@dataclass(frozen=True, slots=True)
class Opened:
    """The read model's database, and a channel to each upstream."""

    database: Database
    identity: grpc.aio.Channel
    journey_graph: grpc.aio.Channel
    scoring: grpc.aio.Channel


async def opened(settings: Settings, stack: AsyncExitStack, application_name: str) -> Opened:
    """Closed with the stack."""
    database = await connect(
        settings.database_url,
        settings.database_password.get_secret_value(),
        application_name=application_name,
    )
    stack.push_async_callback(database.close)
    token = settings.rpc_token.get_secret_value()
    identity, journey_graph, scoring = (
        client.channel(address, token=token)
        for address in (settings.identity_address, settings.journey_graph_address, settings.scoring_address)
    )
    for channel in (identity, journey_graph, scoring):
        stack.push_async_callback(channel.close)
    return Opened(database, identity, journey_graph, scoring)


class Running:
    """A task for as long as the block lasts; one that fails is logged and begun again, never silently gone."""

    def __init__(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._run = run
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._forever(), name=self._name)

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _forever(self) -> None:
        while True:
            try:
                await self._run()
            except Exception:
                _log.exception("task failed, begins again", extra={"task": self._name})
            await asyncio.sleep(_RESTART_S)
