"""Options that several commands share, and what they mean."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer

from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import where
from pathloom_local.folders import default_data_folder

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Platform to speak to, e.g. https://pathloom.example.edu.",
        show_default="the one that runs on --data",
    ),
]
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file", help="File with a key of the platform.", show_default="the admin key of --data"
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="For a program: one JSON object on standard output.")
]


@contextlib.asynccontextmanager
async def open_api(data: Path | None, url: str | None, key_file: Path | None) -> AsyncIterator[PublicApi]:
    """The platform's API. Raises NotRunning, LocalError."""
    door = where(data or default_data_folder(), url, key_file)
    # Somebody waits at the terminal: a short outage is waited out, a long one is said.
    async with PublicApi(door.url, door.key, patience_s=10) as api:
        yield api
