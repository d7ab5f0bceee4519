"""The wiring of the read side: the use cases that read what the followers (bootstrap_follow.py) keep ready."""

from contextlib import AsyncExitStack

from pathloom_kit.ids import new_id

from pathloom_gateway.adapters.read_model.hub import ViewHub
from pathloom_gateway.adapters.read_model.progress import PostgresProgress
from pathloom_gateway.adapters.read_model.status import PostgresReadModel
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
from pathloom_gateway.bootstrap_common import Running
from pathloom_gateway.bootstrap_parts import Given, Reads
from pathloom_gateway.entrypoints import grpc_reads
from pathloom_gateway.entrypoints.rest import reads

# A dashboard's measures over much data may take a while; nobody waits for longer.
_ASK_S = 10.0


async def build_reads(given: Given, stack: AsyncExitStack) -> Reads:
    """Starts what keeps reads up to date (tasks on the stack) and answers with both faces."""
    database, identity, clock = given.opened.database, given.opened.identity, given.clock
    remote = Remote(_ASK_S)
    hub = ViewHub(database)
    progress = PostgresProgress(database, clock)
    await progress.refresh()
    async with database.asyncpg() as conn:
        instance = await conn.fetchval("SELECT instance FROM view_meta")
    views = PostgresViews(database, progress)
    spellings = Spellings()
    for name, run in {
        "wake-ups": hub.run,
        "progress": progress.run,
        "regions": lambda: follow_regions(identity, remote, spellings),
    }.items():
        await stack.enter_async_context(Running(name, run))

    look_up = LookUp(views, progress, spellings, given.look_ups, clock)
    paths = JourneyPaths(given.opened.journey_graph, remote)
    scoring = RemoteScoring(given.opened.scoring, remote)
    use = ReadUseCases(
        look_up=look_up,
        get_view=GetView(look_up),
        watch=WatchView(look_up, hub, instance[:12]),
        search=Search(views, given.look_ups, clock),
        list_journeys=ListJourneys(views, given.look_ups, clock),
        get_journey=GetJourney(views, given.look_ups, clock),
        list_touchpoints=ListTouchpoints(views, paths, given.look_ups, clock),
        choose_caller=ChooseCaller(views, IdentityBinder(identity, remote), new_id),
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
