"""`python -m pathloom_journey_graph [serve|migrate]`."""

import sys
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from importlib.metadata import version

from pathloom_kit.service import Server, main

from pathloom_journey_graph.schema import migrate
from pathloom_journey_graph.settings import Settings


def build(settings: Settings, stack: AsyncExitStack) -> Awaitable[Server]:
    """The service. What it takes is loaded here: a migration needs none of it."""
    from pathloom_journey_graph.bootstrap import build

    return build(settings, stack)


if __name__ == "__main__":
    sys.exit(
        main(
            name="journey-graph",
            version=version("pathloom-journey-graph"),
            settings=Settings,
            build=build,
            migrate=migrate,
        )
    )
