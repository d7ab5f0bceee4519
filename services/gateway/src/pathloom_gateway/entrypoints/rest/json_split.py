"""One level of a JSON text taken apart without reading what is inside: so that an event which no decoder reads (nested
beyond its limit, not UTF-8, not quite JSON) is judged by itself, and the events beside it are read."""

import re

import msgspec

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_CLOSES = {b"[": b"]", b"{": b"}"}


def items(raw: bytes) -> list[bytes]:
    """The texts between the commas of the list. ValueError when it is none, or its brackets do not match."""
    return _parts(raw, b"[")


def members(raw: bytes) -> dict[str, bytes]:
    """The object's members by name, the last of a name. ValueError when it is none, or its brackets do not match."""
    found = {}
    for part in _parts(raw, b"{"):
        name = _TOKEN.match(part)
        if name is None or not name[0].startswith(b'"'):
            raise ValueError("a member has no name")
        colon, value = part[name.end() :].lstrip()[:1], part[name.end() :].lstrip()[1:].strip()
        if colon != b":" or not value:
            raise ValueError("a member has no value")
        found[msgspec.json.decode(name[0], type=str)] = value
    return found


def _parts(raw: bytes, opening: bytes) -> list[bytes]:
    raw = raw.strip()
    if not raw.startswith(opening):
        raise ValueError("does not begin as it should")
    parts, start, open_ = [], 1, []
    for token in _TOKEN.finditer(raw):
        kind = token[0]
        if kind in _CLOSES:
            open_.append(_CLOSES[kind])
        elif kind == b"," and len(open_) == 1:
            parts.append(raw[start : token.start()].strip())
            start = token.end()
        elif kind in (b"]", b"}"):
            if not open_ or open_.pop() != kind:
                raise ValueError("a bracket closes nothing")
            if not open_:
                if token.end() != len(raw):
                    raise ValueError("does not end where it should")
                parts.append(raw[start : token.start()].strip())
                break
    if open_:
        raise ValueError("ends too early")
    if parts == [b""]:
        return []
    if b"" in parts:
        raise ValueError("there is nothing between two commas")
    return parts
