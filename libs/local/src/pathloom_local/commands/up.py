"""`pathloom up`: the platform alone."""

from pathlib import Path
from typing import Annotated

import typer

from pathloom_local.commands.console import DataOption, out, run
from pathloom_local.commands.stay import started
from pathloom_local.folders import default_data_folder
from pathloom_local.platform import Options, Platform

USER = "demo"

HttpPort = Annotated[
    int | None, typer.Option(help="Port of REST and the console.", show_default="a free one")
]
GrpcPort = Annotated[int | None, typer.Option(help="Port of the public gRPC API.", show_default="a free one")]
Blueprints = Annotated[
    list[Path] | None,
    typer.Option(
        "--blueprints",
        help="Blueprint file of your own beside the shipped ones, or a folder with files called *blueprint.yaml; may be said again.",
        show_default="the shipped ones alone",
    ),
]


def up(
    data: DataOption = None,
    http_port: HttpPort = None,
    grpc_port: GrpcPort = None,
    blueprints: Blueprints = None,
    engines_only: Annotated[
        bool, typer.Option("--engines-only", help="PostgreSQL and Neo4j, no services.")
    ] = False,
) -> None:
    """Start PostgreSQL, Neo4j and the four services on this machine, and stay until Ctrl-C.

    Everything listens on the loopback interface. Data, passwords and logs are kept in one folder and survive restarts.
    A server named by PATHLOOM_<SERVICE>_DATABASE_URL or PATHLOOM_JOURNEY_GRAPH_NEO4J_URI is used instead of launching one.
    PATHLOOM_LOCAL_NEO4J_JAVA_OPTIONS adds options to the Java of a Neo4j that is launched: "-Xmx2g" for much history.

    Exit codes: 0 stopped as asked, 130 asked before it was ready, 1 a step or a process failed, 4 the data folder is in use, 5 an archive is not the
    pinned one.
    """
    options = Options(
        data=data or default_data_folder(), ports=ports(http_port, grpc_port), blueprints=blueprints or ()
    )
    if engines_only:
        options = Options(data=options.data, services=(), engines=("postgres", "neo4j"))
    run(_up(options))


async def _up(options: Options) -> None:
    async with started(options) as session:
        if options.services:
            await session.platform.add_console_user(USER)
        show(session.platform)
        out.print("Ctrl-C stops everything.")
        await session.until_asked()


def ports(http: int | None, grpc: int | None) -> dict[str, int]:
    """By listener, where said."""
    return {name: port for name, port in {"gateway-http": http, "gateway": grpc}.items() if port is not None}


def show(platform: Platform, call: str = "") -> None:
    """Print where everything is; with a call's id, the page that a telephony client would open for it."""
    addresses = platform.addresses
    if http := addresses.get("http"):
        out.print(f"[bold]Console[/bold]   http://{http}/")
        out.print(
            f"          sign in as [bold]{USER}[/bold]; password in {platform.secrets[f'console_{USER}']}",
            soft_wrap=True,
        )
        if call:
            out.print(f"[bold]Pop[/bold]       http://{http}/pop#call={call}", soft_wrap=True)
        out.print(f"[bold]REST[/bold]      http://{http}/v1    (OpenAPI: http://{http}/openapi.json)")
        out.print(f"[bold]gRPC[/bold]      {addresses['grpc']}")
        out.print(f"[bold]Admin key[/bold] in {platform.secrets['admin_key']}", soft_wrap=True)
    for engine in ("postgres", "neo4j"):
        if engine in addresses:
            out.print(f"[bold]{engine:9}[/bold] {addresses[engine]}")
    out.print(f"[bold]Logs[/bold]      {platform.folder.logs}", soft_wrap=True)
