"""The tracking SDKs' JSON, decoded event by event, so that one that cannot be read does not sink the rest."""

import json
import re
from typing import Any

import msgspec
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.application.record_events import SentBatch
from pathloom_gateway.domain.clean import MAX_DEPTH
from pathloom_gateway.domain.sent_event import Sent
from pathloom_gateway.entrypoints.rest.body import not_json
from pathloom_gateway.entrypoints.rest.json_split import items, members

# What may hold 13 digits as a card number has them. Anything else need not be walked through.
_RUN = re.compile(rb"[0-9][0-9 .\-]{11,}[0-9]")
# The same where a JSON encoder escaped the blanks between them or the digits themselves, or the blanks are not ASCII;
# a NUL or half a surrogate pair.
_ESCAPED = re.compile(
    rb"[0-9](?:(?:[ .\-]|\\u00[aA]0|\\u20(?:07|09|11|2[fF])|\xc2\xa0|\xe2\x80[\x87\x89\x91\xaf])?[0-9]){12}"
    rb"|\\u00(?:00|3[0-9])|\\u[dD][89a-fA-F]"
)
_UNICODE, _NBSP, _BLANK = b"\\u", b"\xc2\xa0", b"\xe2\x80"


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    sentAt: Any = None  # the SDKs' own names
    context: Any = None
    writeKey: Any = None


_batches = msgspec.json.Decoder(_Batch)
_anything = msgspec.json.Decoder()


def batch_of(body: bytes, bulk: bool) -> tuple[SentBatch, str]:
    """The batch and the write key in it ("" where there is none). InvalidArgument for a body that is no batch."""
    try:
        found = _batches.decode(body)
    except msgspec.ValidationError as error:
        raise _no_batch(error) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return _leniently(body, bulk, error)
    events = [sent_of(bytes(raw)) for raw in found.batch]
    return SentBatch(events, found.sentAt, found.context, bulk), _write_key(found.writeKey)


def single_of(body: bytes, call: str, bulk: bool) -> tuple[SentBatch, str]:
    """The same for a body that is one event; its `type` is what the path says."""
    sent = sent_of(body)
    if sent.why:
        raise InvalidArgument(f"the body {sent.why}", fields={"body": sent.why})
    if not isinstance(sent.content, dict):
        raise InvalidArgument("the body is not a JSON object", fields={"body": "is not a JSON object"})
    key = _write_key(sent.content.pop("writeKey", None))
    sent.content["type"] = call
    return SentBatch([sent], bulk=bulk), key


def sent_of(raw: bytes) -> Sent:
    """One event. One that is no JSON for a strict reader, but is for a lenient one (NaN, half a surrogate pair), is
    kept for the judge to say which field is wrong."""
    size = len(raw)
    try:
        content = _anything.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        try:
            return Sent(json.loads(raw.decode()), raw, size)
        except (ValueError, RecursionError):
            return Sent(None, raw, size, why=str(not_json(error).fields["body"]))
    return Sent(content, raw, size, _closely(raw))


def _closely(raw: bytes) -> bool:
    return (
        _RUN.search(raw) is not None
        or ((_UNICODE in raw or _NBSP in raw or _BLANK in raw) and _ESCAPED.search(raw) is not None)
        or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH
    )


def _leniently(body: bytes, bulk: bool, why: Exception) -> tuple[SentBatch, str]:
    """A batch that no decoder reads as a whole, since one of its events is no JSON, no UTF-8 or nested too deeply."""
    try:
        found = members(body)
        raws = items(found["batch"])
    except (ValueError, KeyError):
        raise not_json(why) from None
    said = {name: _member(found, name) for name in ("sentAt", "context", "writeKey")}
    batch = SentBatch([sent_of(raw) for raw in raws], said["sentAt"], said["context"], bulk)
    return batch, _write_key(said["writeKey"])


def _member(found: dict[str, bytes], name: str) -> Any:
    if name not in found:
        return None
    try:
        return _anything.decode(found[name])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        what = not_json(error).fields["body"]
        raise InvalidArgument(f"{name} {what}", fields={name: what}) from None


def _no_batch(error: msgspec.ValidationError) -> InvalidArgument:
    if "`$.batch`" in str(error):
        return InvalidArgument("the body is no batch", fields={"batch": "is not a list"})
    if "`batch`" in str(error):
        return InvalidArgument("the body is no batch", fields={"batch": "is missing"})
    return InvalidArgument("the body is no batch", fields={"body": "is not a JSON object"})


def _write_key(said: Any) -> str:
    return said if isinstance(said, str) else ""
