"""Page tokens: the sort key of the last row, opaque."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import msgspec
from pathloom_kit.errors import InvalidArgument

_INT64 = 1 << 63


def token_of(*key: int | str) -> str:
    """Opaque and url-safe."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(key)).decode().rstrip("=")


def token_from(token: str, shape: Sequence[type]) -> tuple[Any, ...] | None:
    """The key, None for no token. InvalidArgument naming `page_token` for one that was not handed out."""
    if not token:
        return None
    wrong = InvalidArgument(fields={"page_token": "is not a token that was handed out"})
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        key = msgspec.msgpack.decode(raw)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise wrong from error
    if not isinstance(key, list) or [type(part) for part in key] != list(shape):
        raise wrong
    if any(isinstance(part, int) and abs(part) >= _INT64 for part in key):
        raise wrong
    if any(isinstance(part, str) and ("\0" in part or len(part) > 256) for part in key):
        raise wrong
    return tuple(key)
