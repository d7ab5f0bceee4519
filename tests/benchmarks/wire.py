"""HTTP/1.1 as cheap as Python has it, so that the load generator takes little of the two cores."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager


class Wire:
    """Kept-alive connections to one server; each request takes a free one, or opens one."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in {"Host": address, **headers}.items())
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __call__(self, method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
        """The body of the answer. RuntimeError for any status but 200."""
        head = f"{method} {path} HTTP/1.1\r\n{self._fixed}{headers}Content-Length: {len(body)}\r\n\r\n"
        async with self._connection() as (reader, writer):
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = answer.lower().split(b"\r\n")
            length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
            said = await reader.readexactly(length)
        if not lines[0].startswith(b"http/1.1 200"):
            raise RuntimeError(f"{method} {path} answered {lines[0].decode()}")
        return said

    def close(self) -> None:
        """Ends the connections."""
        for _, writer in self._free:
            writer.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        connection = self._free.pop() if self._free else await asyncio.open_connection(self._host, self._port)
        yield connection
        self._free.append(connection)  # not after a failure: what it holds then is not known
