"""HTTP/1.1 as cheap as Python has it, so that the load generator takes little of the two cores."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

_KEPT_S = 2.0
"""Less than a server keeps a connection open on which nothing is said."""


class Refused(RuntimeError):
    """An answer whose `status` is not 200."""

    def __init__(self, asked: str, status: int) -> None:
        super().__init__(f"{asked} answered {status}")
        self.status = status


class Wire:
    """Kept-alive connections to one server; each request takes a free one, or opens one."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in {"Host": address, **headers}.items())
        self._free: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __call__(self, method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
        """The body of the answer. Refused for any status but 200."""
        head = f"{method} {path} HTTP/1.1\r\n{self._fixed}{headers}Content-Length: {len(body)}\r\n\r\n"
        async with self._connection() as (reader, writer):
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = answer.lower().split(b"\r\n")
            length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
            said = await reader.readexactly(length)
        if (status := int(lines[0].split()[1])) != 200:
            raise Refused(f"{method} {path}", status)
        return said

    def close(self) -> None:
        """Ends the connections."""
        for *_, writer in self._free:
            writer.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        now = time.monotonic()
        while self._free and now - self._free[0][0] > _KEPT_S:
            self._free.pop(0)[2].close()
        if self._free:
            _, reader, writer = self._free.pop()
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        yield reader, writer
        # Not after a failure: what it holds then is not known.
        self._free.append((time.monotonic(), reader, writer))
