"""The wiring of the followers, in a process of their own: four feeds into the read model, which others serve.

It and the door (bootstrap.py) meet in PostgreSQL alone: cursors, leases, signs of life, and announcements of what changed.
"""

from contextlib import AsyncExitStack

from pathloom_kit.clock import SystemClock
from pathloom_kit.ids import new_id

from pathloom_gateway.adapters.read_model.announce import Announcements
from pathloom_gateway.adapters.read_model.follow import Followers
from pathloom_gateway.adapters.read_model.heard import write_heard
from pathloom_gateway.adapters.read_model.store import ReadModelStore
from pathloom_gateway.adapters.remote import Remote
from pathloom_gateway.bootstrap_common import Running, opened
from pathloom_gateway.settings import Settings

_ASK_S = 10.0


class Following:
    """The followers, running: tasks on the exit stack they were given, which ends them and gives their leases back."""

    async def stop(self, grace: float) -> None:
        """Nobody waits for an answer of theirs."""


async def build(settings: Settings, stack: AsyncExitStack) -> Following:
    """Opens everything on the stack and starts the followers."""
    clock = SystemClock()
    at = await opened(settings, stack, "pathloom-gateway-followers")
    announcements = Announcements(at.database)
    followers = Followers(
        at.database,
        ReadModelStore(at.database, clock, announcements.changed, later=True),
        clock,
        at.identity,
        at.journey_graph,
        at.scoring,
        Remote(_ASK_S),
        new_id("gateway"),
    )
    for name, run in {
        **followers.tasks(),
        "announcements": announcements.run,
        "signs of life": lambda: write_heard(at.database, lambda: followers.states),
    }.items():
        await stack.enter_async_context(Running(name, run))
    return Following()
