"""uvicorn as one of two servers in a process that someone else stops."""

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp


class HttpServer:
    """Serves `app` on `address` (host:port; port 0 takes a free one). `port` is the one it got, once started."""

    def __init__(self, app: ASGIApp, address: str, forwarded_allow_ips: str) -> None:
        host, _, port = address.rpartition(":")
        self._config = uvicorn.Config(
            app,
            host=host.strip("[]") or "127.0.0.1",
            port=int(port),
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,  # a path may hold a call's id
            log_config=None,
            server_header=False,
            forwarded_allow_ips=forwarded_allow_ips,
            timeout_keep_alive=75,
            h11_max_incomplete_event_size=64 * 1024,
        )
        self._server = _Quiet(self._config)
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """RuntimeError before start."""
        for listening in self._server.servers:
            for socket in listening.sockets:
                return int(socket.getsockname()[1])
        raise RuntimeError("not listening")

    async def start(self) -> None:
        """Returns once it listens. SystemExit when the address is taken."""
        self._task = asyncio.create_task(self._server.serve(), name="http")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise SystemExit(f"cannot listen on {self._config.host}:{self._config.port}")
            await asyncio.sleep(0.01)

    async def wait(self) -> None:
        """Until it has stopped."""
        assert self._task is not None
        await asyncio.shield(self._task)

    async def stop(self, grace: float) -> None:
        """Takes nothing new; what is in flight has `grace` seconds, streams are ended at once by their clients' loss."""
        self._config.timeout_graceful_shutdown = max(1, round(grace))
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _Quiet(uvicorn.Server):
    """The process's signals are not uvicorn's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
