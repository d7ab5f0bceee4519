"""Reading a request's body: bounded, inflated (the bound is on what comes out), and surely UTF-8 JSON."""

import re
import zlib
from typing import Any

import msgspec
from fastapi import Request
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.entrypoints.rest.problems import BodyTooLarge, UnsupportedMedia

SMALL = 64 * 1024
"""Enough for every call that is not ingest."""

_GZIP = 16 + zlib.MAX_WBITS
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_UTF8 = {"utf-8", "utf8", "us-ascii", "ascii"}


async def read_body(request: Request, limit: int = SMALL) -> bytes:
    """At most `limit` bytes after inflating. BodyTooLarge, UnsupportedMedia (encoding), InvalidArgument (bad gzip)."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return await _plain(request, limit)
    if encoding in ("gzip", "x-gzip"):
        return await _inflated(request, limit)
    raise UnsupportedMedia("the body may be plain or gzip", fields={"Content-Encoding": "is not gzip"})


def check_media(request: Request, *allowed: str) -> str:
    """The media type without its parameters; "" where none is said. UnsupportedMedia for one that is not allowed
    and for a charset that is not UTF-8."""
    said = request.headers.get("content-type", "")
    media = said.partition(";")[0].strip().lower()
    charset = _CHARSET.search(said)
    if charset is not None and charset[1].lower() not in _UTF8:
        raise UnsupportedMedia("the body must be UTF-8", fields={"Content-Type": "its charset is not utf-8"})
    if media and media not in allowed:
        raise UnsupportedMedia(
            f"this call reads {', '.join(allowed)}", fields={"Content-Type": "is none of these"}
        )
    return media


async def read_json(request: Request, limit: int = SMALL) -> dict[str, Any]:
    """A JSON object; {} for no body. Raises what read_body and check_media raise, InvalidArgument for the rest."""
    check_media(request, "application/json")
    body = await read_body(request, limit)
    if not body:
        return {}
    found = decode_json(body)
    if not isinstance(found, dict):
        raise InvalidArgument("the body is not a JSON object", fields={"body": "is not a JSON object"})
    return found


def decode_json(body: bytes) -> Any:
    """InvalidArgument for what is not JSON in UTF-8 or is nested too deeply."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise not_json(error) from None


def not_json(error: Exception) -> InvalidArgument:
    """What is wrong with a body that cannot be decoded, without any of it."""
    what = "is nested too deeply" if isinstance(error, RecursionError) else "is not JSON in UTF-8"
    return InvalidArgument(f"the body {what}", fields={"body": what})


async def _plain(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _inflated(request: Request, limit: int) -> bytes:
    inflater = zlib.decompressobj(_GZIP)
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            made = inflater.decompress(chunk, limit + 1 - size)
            size += len(made)
            if size > limit or inflater.unconsumed_tail:
                raise _too_large(limit)
            chunks.append(made)
    except zlib.error:
        raise InvalidArgument("the body is not gzip", fields={"body": "is not gzip"}) from None
    if not inflater.eof:
        raise InvalidArgument("the gzip body ends too early", fields={"body": "is cut off"})
    return b"".join(chunks)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"the body may have {limit} bytes, inflated", fields={"body": f"is larger than {limit} bytes"}
    )
