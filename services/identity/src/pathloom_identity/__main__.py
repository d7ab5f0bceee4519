"""`python -m pathloom_identity [serve|migrate]`."""

import sys
from importlib.metadata import version

from pathloom_kit.service import main

from pathloom_identity.bootstrap import build, migrate
from pathloom_identity.settings import Settings

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
