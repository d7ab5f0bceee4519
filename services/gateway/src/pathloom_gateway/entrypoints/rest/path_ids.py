"""Ids in a path may hold anything, `/` and `%` among it, where they are percent-encoded.

Servers decode a path before anyone looks for its segments, so that an encoded slash would end one. Here the two
characters stay encoded until the route is found, and the convertor `id` decodes them.
"""

import re
from urllib.parse import unquote

from pathloom_kit.errors import InvalidArgument
from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

from pathloom_gateway.entrypoints.rest.problems import problem

_KEPT = re.compile(rb"%(2[Ff]|25)")
_ENCODED = re.compile("%(2F|25)")
_DECODED = {"2F": "/", "25": "%"}


class PathIds:
    """Keeps an encoded `/` and `%` of /v1 paths encoded in scope["path"]."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw: bytes = scope.get("raw_path") or b""
            if b"%" in raw and raw.startswith(b"/v1/"):
                kept = _KEPT.sub(lambda found: b"%25" + found[1].upper(), raw.partition(b"?")[0])
                # In place: what stands around reads the route that was found from the same scope.
                try:
                    scope["path"] = unquote(kept.decode("latin-1"), errors="strict")
                except UnicodeDecodeError:
                    fields = {"path": "is not UTF-8 where it is percent-encoded"}
                    refused = problem(400, InvalidArgument.reason, "the path is wrong", fields)
                    await refused(scope, receive, send)
                    return
        await self._app(scope, receive, send)


class _Id(Convertor[str]):
    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return _ENCODED.sub(lambda found: _DECODED[found[1]], value)

    def to_string(self, value: str) -> str:
        return value.replace("%", "%25").replace("/", "%2F")


register_url_convertor("id", _Id())
