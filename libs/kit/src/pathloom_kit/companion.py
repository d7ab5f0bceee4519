"""A second process of a service, for work that would make its calls wait. The two live and end as one."""

import asyncio
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import threading

_log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
# Niceness: where both want the same core, a third of the share of the first, which somebody waits for.
_GIVES_WAY = 5


class CompanionEnded(RuntimeError):
    """It ended, and nobody had told it to."""


class Companion:
    """The second process as the first sees it: see `fork`."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self._pid = pid
        self._line = line  # nothing is ever said: each hears the other's end
        self._told = False
        self._code: int | None = None
        self._gone: asyncio.Future[None] | None = None

    @classmethod
    def fork(cls) -> "Companion | None":
        """The companion; in its own process, None. It ends at once when this process is gone, however that came about.

        Before any thread, event loop or gRPC channel is there; what is imported by now takes memory once.
        """
        ours, its = socket.socketpair()
        first = os.getpid()
        gc.collect()
        gc.freeze()  # the collector would write to every page that the two share
        pid = os.fork()
        if pid:
            its.close()
            ours.setblocking(False)
            return cls(pid, ours)
        ours.close()
        os.setsid()  # a terminal's Ctrl-C is for the first, which tells this one
        os.nice(_GIVES_WAY)
        _end_with(first, its)
        return None

    async def watch(self) -> None:
        """Returns when it has ended as told; raises CompanionEnded when it ended by itself."""
        await self._ended()
        if not self._told:
            raise CompanionEnded(f"the companion process ended by itself ({self._code})")

    def tell(self) -> None:
        """Tells it to end as a service does (SIGTERM)."""
        self._told = True
        if self._code is None:
            os.kill(self._pid, signal.SIGTERM)

    async def stop(self, grace: float) -> None:
        """Returns when it has ended: as told, or killed when `grace` seconds were not enough."""
        self.tell()
        try:
            async with asyncio.timeout(grace):
                await self._ended()
        except TimeoutError:
            _log.warning("the companion process does not end, kills it")
            os.kill(self._pid, signal.SIGKILL)
            await self._ended()

    async def _ended(self) -> None:
        if self._gone is None:
            loop = asyncio.get_running_loop()
            self._gone = loop.create_future()
            loop.add_reader(self._line, self._reap, loop, self._gone)
        await asyncio.shield(self._gone)

    def _reap(self, loop: asyncio.AbstractEventLoop, gone: "asyncio.Future[None]") -> None:
        loop.remove_reader(self._line)
        # Its end of the line is closed, so it is dead or about to be.
        self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        self._line.close()
        gone.set_result(None)


def _end_with(first: int, line: socket.socket) -> None:
    """From now on this process ends when `first`, its parent, does."""
    if sys.platform == "linux":  # the kernel sees to it, also where this process is stuck
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != first:  # it died before we asked
            os._exit(1)
    threading.Thread(target=_hear_the_end, args=(line,), name="end with the first", daemon=True).start()


def _hear_the_end(line: socket.socket) -> None:
    line.recv(1)
    os._exit(1)
