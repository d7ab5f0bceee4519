"""The wiring of the read side: followers into the read model, and the use cases that read it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress

from pathloom_kit.ids import new_id

from pathloom_gateway.adapters.read_model.follow import Followers
from pathloom_gateway.adapters.read_model.heard import write_heard
from pathloom_gateway.adapters.read_model.hub import ViewHub
from pathloom_gateway.adapters.read_model.progress import PostgresProgress
from pathloom_gateway.adapters.read_model.status import PostgresReadModel
from pathloom_gateway.adapters.read_model.store import ReadModelStore
from pathloom_gateway.adapters.read_model.views import PostgresViews
from pathloom_gateway.adapters.read_upstreams import (
    IdentityBinder,
    JourneyPaths,
    RemoteScoring,
    follow_regions,
)
from pathloom_gateway.adapters.remote import Remote
from pathloom_gateway.adapters.spellings import Spellings
from pathloom_gateway.application.choose_caller import ChooseCaller
from pathloom_gateway.application.get_overview import GetOverview
from pathloom_gateway.application.get_view import GetView
from pathloom_gateway.application.list_history import GetJourney, ListJourneys, ListTouchpoints
from pathloom_gateway.application.look_up import LookUp
from pathloom_gateway.application.reads import ReadUseCases
from pathloom_gateway.application.search import Search
from pathloom_gateway.application.watch_view import WatchView
from pathloom_gateway.bootstrap_parts import Given, Reads
from pathloom_gateway.entrypoints import grpc_reads
from pathloom_gateway.entrypoints.rest import reads

_log = logging.getLogger(__name__)
# A dashboard's measures over much data may take a while; nobody waits for longer.
_ASK_S = 10.0
_RESTART_S = 1.0


async def build_reads(given: Given, stack: AsyncExitStack) -> Reads:
    """Starts the followers (tasks on the stack) and answers with both faces."""
    database, clock = given.database, given.clock
    remote = Remote(_ASK_S)
    hub = ViewHub(database)
    store = ReadModelStore(database, clock, hub.changed, later=True)
    progress = PostgresProgress(database, clock)
    await progress.refresh()
    async with database.asyncpg() as conn:
        instance = await conn.fetchval("SELECT instance FROM view_meta")
    views = PostgresViews(database, progress)
    spellings = Spellings()
    followers = Followers(
        database, store, clock, given.identity, given.journey_graph, given.scoring, remote, new_id("gateway")
    )
    for name, run in {
        **followers.tasks(),
        "wake-ups": hub.run,
        "progress": progress.run,
        "signs of life": lambda: write_heard(database, lambda: followers.states),
        "regions": lambda: follow_regions(given.identity, remote, spellings),
    }.items():
        await stack.enter_async_context(_Running(name, run))

    look_up = LookUp(views, progress, spellings, given.look_ups, clock)
    paths, scoring = JourneyPaths(given.journey_graph, remote), RemoteScoring(given.scoring, remote)
    use = ReadUseCases(
        look_up=look_up,
        get_view=GetView(look_up),
        watch=WatchView(look_up, hub, instance[:12]),
        search=Search(views, given.look_ups, clock),
        list_journeys=ListJourneys(views, given.look_ups, clock),
        get_journey=GetJourney(views, given.look_ups, clock),
        list_touchpoints=ListTouchpoints(views, paths, given.look_ups, clock),
        choose_caller=ChooseCaller(views, IdentityBinder(given.identity, remote), new_id),
        overview=GetOverview(views, scoring, clock),
        scoring=scoring,
        paths=paths,
    )
    return Reads(
        router=reads.router(use, given.door),
        grpc=grpc_reads.entries(use, given.grpc_guard),
        read_model=PostgresReadModel(database, progress),
        checks={},
        silence_s=progress.silence_s,
    )


class _Running:
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
