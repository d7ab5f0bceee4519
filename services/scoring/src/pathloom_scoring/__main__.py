"""`python -m pathloom_scoring [serve|migrate]`."""

from __future__ import annotations

import sys
from importlib.metadata import version

from pathloom_kit.service import main

from pathloom_scoring.bootstrap import build, migrate
from pathloom_scoring.settings import Settings

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
