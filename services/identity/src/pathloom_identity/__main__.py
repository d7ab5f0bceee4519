"""`python -m pathloom_identity [serve|migrate]`."""

import gc
import sys
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from importlib.metadata import version

from pathloom_kit.service import Server, main

from pathloom_identity.schema import migrate
from pathloom_identity.settings import Settings

#: Resolving makes millions of small values and hardly a cycle, beside a hundred thousand that stay (what pairs weigh, how
#: values are spelled): looking for cycles as often as Python does took a fifth of the CPU, in pauses of 0.1 s.
_VALUES = 100_000


def build(settings: Settings, stack: AsyncExitStack) -> Awaitable[Server]:
    """The service. What it takes is loaded here: a migration needs none of it."""
    from pathloom_identity.bootstrap import build

    gc.freeze()
    gc.set_threshold(_VALUES, 50, 100)
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
