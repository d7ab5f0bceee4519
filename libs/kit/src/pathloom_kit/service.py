"""The life of a service's process: start, serve, drain, end."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

import uvloop

from pathloom_kit import logs, telemetry
from pathloom_kit.companion import Companion
from pathloom_kit.saturation import watch_saturation
from pathloom_kit.settings import ServiceSettings

_log = logging.getLogger(__name__)
S = TypeVar("S", bound=ServiceSettings)
Build = Callable[[S, AsyncExitStack], Awaitable["Server"]]
_failed: ContextVar["asyncio.Future[None] | None"] = ContextVar("failed", default=None)


class Server(Protocol):
    """Something that serves until it is stopped."""

    async def stop(self, grace: float) -> None:
        """Takes nothing new, lets what is in flight end for up to `grace` seconds."""
        ...


async def run(build: Build[S], settings: S, companion: Companion | None = None) -> None:
    """Builds, serves until SIGTERM or SIGINT, drains, closes the stack (in reverse order of entering).

    A background task that `build` started through `spawn` and that fails ends the process, and so does a companion that
    ends: the failure is raised here. The companion is told to end when this process is, and waited for.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    failed: asyncio.Future[None] = loop.create_future()
    token = _failed.set(failed)
    try:
        async with AsyncExitStack() as stack:
            if companion is not None:
                stack.push_async_callback(companion.stop, settings.shutdown_grace_s)
                spawn(stack, companion.watch(), "companion")
            if telemetry.exporting():
                spawn(stack, watch_saturation(), "saturation")
            server = await build(settings, stack)
            stopping = asyncio.ensure_future(stop.wait())
            futures: set[asyncio.Future[Any]] = {stopping, failed}
            await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            _log.info("stopping")
            if companion is not None:
                companion.tell()
            await server.stop(settings.shutdown_grace_s)
        if failed.done():
            failed.result()
    finally:
        _failed.reset(token)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def spawn(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
    """Runs `work` (a follower, a sweep) beside the server until the stack closes. If it fails, the process ends: a
    service whose follower is dead must not look alive."""
    task = asyncio.create_task(work, name=name)
    failed = _failed.get()

    def ended(done: "asyncio.Task[None]") -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None and failed is not None and not failed.done():
            _log.error("background work failed", exc_info=error, extra={"work": name})
            failed.set_exception(error)

    async def end() -> None:
        task.cancel()
        await asyncio.wait({task})

    task.add_done_callback(ended)
    stack.push_async_callback(end)
    return task


def main(
    argv: Sequence[str] | None = None,
    *,
    name: str,
    version: str,
    settings: type[S],
    build: Build[S],
    beside: Build[S] | None = None,
    migrate: Callable[[S], None] | None = None,
) -> int:
    """`serve` (the default) or `migrate`. Returns the exit code; SystemExit names what is missing in the environment.

    What `beside` builds is served by a companion: a process of its own that lives and ends with this one.
    """
    parser = argparse.ArgumentParser(prog=f"pathloom-{name}", description=f"Pathloom's {name} service.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="serve until told to stop (the default)")
    if migrate is not None:
        commands.add_parser("migrate", help="bring the store's schema to this version, then end")
    command = parser.parse_args(sys.argv[1:] if argv is None else argv).command or "serve"
    loaded = settings.load()
    logs.configure(loaded.log_level)
    companion = None
    if command == "serve" and beside is not None:
        companion = Companion.fork()
        if companion is None:
            build = beside
    telemetry.configure(name, version)
    if command == "migrate" and migrate is not None:
        migrate(loaded)
        return 0
    uvloop.run(run(build, loaded, companion))
    return 0
