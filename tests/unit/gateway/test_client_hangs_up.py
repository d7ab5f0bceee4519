"""A client that hangs up in the middle of its body is nobody's error."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from pathloom_gateway.entrypoints.rest import problems
from pathloom_gateway.entrypoints.rest.body import read_body
from starlette.types import Message

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/v1/batch",
    "raw_path": b"/v1/batch",
    "query_string": b"",
    "headers": [(b"content-length", b"100")],
}


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_client_that_hangs_up_in_mid_body_raises_nothing_in_the_server(encoding: str) -> None:
    app = FastAPI()
    problems.install(app)
    read: list[bytes] = []

    async def batch(request: Request) -> Response:
        read.append(await read_body(request))
        return Response()

    app.add_api_route("/v1/batch", batch, methods=["POST"])
    coming: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        pass

    headers = [*SCOPE["headers"], (b"content-encoding", encoding.encode())]
    await app({**SCOPE, "headers": headers}, receive, send)
    assert read == []
