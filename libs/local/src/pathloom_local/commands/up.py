"""`pathloom up`: the platform alone."""

import asyncio
import contextlib
import signal
from typing import Annotated

import typer

from pathloom_local.commands.console import DataOption, Steps, out, run
from pathloom_local.errors import StepFailed
from pathloom_local.folders import default_data_folder
from pathloom_local.platform import Options, Platform
from pathloom_local.supervision.processes import describe_code


def up(
    data: DataOption = None,
    http_port: Annotated[
        int | None, typer.Option(help="Port of REST and the console.", show_default="a free one")
    ] = None,
    grpc_port: Annotated[
        int | None, typer.Option(help="Port of the public gRPC API.", show_default="a free one")
    ] = None,
    engines_only: Annotated[
        bool, typer.Option("--engines-only", help="PostgreSQL and Neo4j, no services.")
    ] = False,
) -> None:
    """Start PostgreSQL, Neo4j and the four services on this machine, and stay until Ctrl-C.

    Everything listens on the loopback interface. Data, passwords and logs are kept in one folder and survive restarts.
    A server named by PATHLOOM_<SERVICE>_DATABASE_URL or PATHLOOM_JOURNEY_GRAPH_NEO4J_URI is used instead of launching one.

    Exit codes: 0 stopped as asked, 130 asked before it was ready, 1 a step or a process failed, 4 the data folder is in use, 5 an archive is not the
    pinned one.
    """
    ports = {"gateway-http": http_port, "gateway": grpc_port}
    options = Options(
        data=data or default_data_folder(),
        ports={name: port for name, port in ports.items() if port is not None},
    )
    if engines_only:
        options = Options(data=options.data, services=(), engines=("postgres", "neo4j"))
    run(_up(options))


async def _up(options: Options) -> None:
    asked = asyncio.Event()
    main = asyncio.current_task()
    loop = asyncio.get_running_loop()
    ready = False

    def end() -> None:
        if not ready and main and not asked.is_set():
            main.cancel()
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    try:
        with Steps() as steps:
            platform = await Platform(options, steps).__aenter__()
    except asyncio.CancelledError:
        if not asked.is_set():
            raise
        raise typer.Exit(130) from None
    ready = True
    try:
        show(platform)
        await until_asked_or_broken(platform, asked)
    finally:
        out.print("stopping …")
        with contextlib.suppress(asyncio.CancelledError):
            await platform.__aexit__(None, None, None)


async def until_asked_or_broken(platform: Platform, asked: asyncio.Event) -> None:
    """Return when the end is asked for. Raises StepFailed when a process ends by itself."""
    waiting = asyncio.create_task(asked.wait())
    watching = asyncio.create_task(platform.ended_unasked())
    try:
        await asyncio.wait([waiting, watching], return_when=asyncio.FIRST_COMPLETED)
        if watching.done() and not asked.is_set():
            child = watching.result()
            words = describe_code(child.code or 0)
            raise StepFailed(
                f"{child.command.name} ended by itself ({words}); stopping the rest", child.command.log
            )
    finally:
        waiting.cancel()
        watching.cancel()


def show(platform: Platform) -> None:
    """Print where everything is."""
    addresses = platform.addresses
    if http := addresses.get("http"):
        out.print(f"[bold]Console[/bold]   http://{http}/")
        out.print(f"[bold]REST[/bold]      http://{http}/v1    (OpenAPI: http://{http}/openapi.json)")
        out.print(f"[bold]gRPC[/bold]      {addresses['grpc']}")
        out.print(f"[bold]Admin key[/bold] in {platform.secrets['admin_key']}")
    for engine in ("postgres", "neo4j"):
        if engine in addresses:
            out.print(f"[bold]{engine:9}[/bold] {addresses[engine]}")
    out.print(f"[bold]Logs[/bold]      {platform.folder.logs}")
    out.print("Ctrl-C stops everything.")
