"""A platform that a command starts, uses and keeps up until Ctrl-C, and that never outlives it."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from pathloom_local.commands.console import Steps, out
from pathloom_local.errors import StepFailed
from pathloom_local.platform import Options, Platform
from pathloom_local.supervision.processes import describe_code


class Session:
    """A running platform, and whether its end was asked for."""

    def __init__(self, main: "asyncio.Task[object]") -> None:
        self.platform: Platform
        self._main = main
        self._asked = asyncio.Event()
        self._staying = False
        self._why: BaseException | None = None

    async def until_asked(self) -> None:
        """Stay until Ctrl-C, a good end from here on. Raises StepFailed when a process ends by itself."""
        self._staying = True
        await self._asked.wait()
        if isinstance(self._why, StepFailed):
            raise self._why

    def end(self, why: BaseException) -> None:
        """The end is asked for, or forced. A second time changes nothing: what has begun to stop stops."""
        if self._why is None:
            self._why = why
            self._asked.set()
            if not self._staying:
                self._main.cancel()

    @property
    def why(self) -> BaseException | None:
        """Why it ends."""
        return self._why

    async def watch(self) -> None:
        """End when a process does that nobody asked to."""
        child = await self.platform.ended_unasked()
        words = describe_code(child.code or 0)
        self.end(
            StepFailed(
                f"{child.command.name} ended by itself ({words}); stopping the rest", child.command.log
            )
        )


@asynccontextmanager
async def started(options: Options) -> AsyncIterator[Session]:
    """The platform, ready, for the length of the block, and stopped after it.

    A Ctrl-C within the block cancels it, with exit code 130, unless it stays (`until_asked`).
    """
    main = asyncio.current_task()
    assert main is not None
    session = Session(main)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, session.end, typer.Exit(130))
    running: Platform | None = None
    try:
        with Steps() as steps:
            session.platform = running = await Platform(options, steps).__aenter__()
        watching = asyncio.create_task(session.watch())
        try:
            yield session
        finally:
            watching.cancel()
    except asyncio.CancelledError:
        if session.why is None:
            raise
        raise session.why from None
    finally:
        if running is not None:
            out.print("stopping …")
            with contextlib.suppress(asyncio.CancelledError):
                await running.__aexit__(None, None, None)
