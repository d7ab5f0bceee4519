"""`python -m pathloom_scoring [serve|migrate]`."""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from importlib.metadata import version

from pathloom_kit.service import Server, main

from pathloom_scoring.schema import migrate
from pathloom_scoring.settings import Settings


def build(settings: Settings, stack: AsyncExitStack) -> Awaitable[Server]:
    """The service. What it takes is loaded here: a migration needs none of it."""
    from pathloom_scoring.bootstrap import build

    return build(settings, stack)


if __name__ == "__main__":
    sys.exit(
        main(
            name="scoring",
            version=version("pathloom-scoring"),
            settings=Settings,
            build=build,
            migrate=migrate,
        )
    )
