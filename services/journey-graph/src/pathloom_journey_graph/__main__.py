"""`python -m pathloom_journey_graph [serve|migrate]`."""

import sys
from importlib.metadata import version

from pathloom_kit.service import main

from pathloom_journey_graph.bootstrap import build, migrate
from pathloom_journey_graph.settings import Settings

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
