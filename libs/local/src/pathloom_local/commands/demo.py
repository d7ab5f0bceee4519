"""`pathloom demo`: a contact centre played through the public door, and one caller's view while the call rings."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import read_key
from pathloom_local.commands import up
from pathloom_local.commands.console import Steps, out, run
from pathloom_local.commands.stay import Session, started
from pathloom_local.demo import show
from pathloom_local.errors import LocalError
from pathloom_local.platform import Options

if TYPE_CHECKING:
    from pathloom_local.demo.run import Demo, Ringing

RINGS_S = 60.0


class Differs(LocalError):
    """What the platform says is not what was true."""


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Compare everything with the simulator's truth, then stop.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed simulates the same people.")] = 1,
    touchpoints: Annotated[int, typer.Option(min=1, help="How many to simulate, at least.")] = 3000,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Folder to keep everything in.", show_default="a fresh one, gone afterwards"
        ),
    ] = None,
    http_port: up.HttpPort = None,
    grpc_port: up.GrpcPort = None,
) -> None:
    """Start everything, play a simulated contact centre through the public ingest door, look a caller up while the call rings.

    Prints the caller's view and the addresses of console, REST and gRPC, and stays up until Ctrl-C. No process is left behind.

    Exit codes: 0 stopped as asked, or with --once: everything holds; 1 a step failed, or what the platform says differs from the truth;
    4 the data folder is in use; 5 an archive is not the pinned one; 130 Ctrl-C before it was done.
    """
    with _folder(data) as folder:
        options = Options(data=folder, ports=up.ports(http_port, grpc_port))
        run(_demo(options, once, seed, touchpoints))


async def _demo(options: Options, once: bool, seed: int, touchpoints: int) -> None:
    # The simulator takes its time to load, and no other command needs it.
    from pathloom_local.demo.run import Demo

    async with started(options) as session:
        platform = session.platform
        key = read_key(platform.secrets["admin_key"])
        async with PublicApi(f"http://{platform.addresses['http']}", key) as api:
            with Steps() as steps:
                one = Demo(api, steps, seed, touchpoints, datetime.now(UTC))
                await platform.add_console_user(up.USER)
                await one.prepare()
                await one.history()
                await one.settle()
                ringing = await one.ring()
            out.print()
            out.print(show.look_up(ringing.found))
            out.print(_timings(ringing))
            out.print()
            up.show(platform, one.call)
            if once:
                await _compare(one)
            else:
                await _stay(session, one)


async def _compare(one: "Demo") -> None:
    from pathloom_local.demo.verdict import verdict

    with Steps() as steps:
        one.tell_to(steps)
        await one.settle("Everything else")
        found = await one.compare()
    out.print(verdict(found))
    if not found.holds:
        raise Differs("what the platform says differs from the truth")


async def _stay(session: Session, one: "Demo") -> None:
    out.print(
        f"The call is answered in {RINGS_S:.0f} s and ends three minutes later: the pop page shows it. Ctrl-C stops everything."
    )
    going_on = asyncio.create_task(one.go_on(RINGS_S))
    try:
        await session.until_asked()
    finally:
        going_on.cancel()
        with contextlib.suppress(asyncio.CancelledError, LocalError):
            await going_on


def _timings(ringing: "Ringing") -> str:
    return (
        f"[dim]from the call's first event: {ringing.accepted_s * 1000:.0f} ms until it was durable, {ringing.shown_s * 1000:.0f} ms "
        f"until the look-up showed the caller (the look-up itself {ringing.look_up_s * 1000:.0f} ms)[/dim]"
    )


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """A folder of its own for this demo, gone afterwards, unless one is named."""
    if data is not None:
        yield data
        return
    folder = Path(tempfile.mkdtemp(prefix="pathloom-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
