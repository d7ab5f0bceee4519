"""`python -m pathloom_identity [serve|migrate]`."""

import sys
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from importlib.metadata import version

from pathloom_kit.service import Server, main

from pathloom_identity.schema import migrate
from pathloom_identity.settings import Settings


def build(settings: Settings, stack: AsyncExitStack) -> Awaitable[Server]:
    """The service. What it takes is loaded here: a migration needs none of it."""
    from pathloom_identity.bootstrap import build

    return build(settings, stack)


if __name__ == "__main__":
    sys.exit(
        main(
            name="identity",
            version=version("pathloom-identity"),
            settings=Settings,
            build=build,
            migrate=migrate,
        )
    )
