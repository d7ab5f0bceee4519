"""A view as JSON, ready but for what the clock decides: bytes with holes, filled on reading.

A template is a list of parts: bytes, or a hole as a list whose first item says which kind. Everything up to the opening
brace is left to the reader, who may put fields of their own in front.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from pathloom.gateway.v1.view_pb2 import JourneyView, PromiseView

from pathloom_gateway.adapters.proto_json import to_json, to_value
from pathloom_gateway.domain.customer_view import Composed
from pathloom_gateway.domain.finish import falls_due, has_day, still_live
from pathloom_gateway.domain.instants import day_of, overdue, stamp_micros

Part = bytes | list[Any]
_SCORED: tuple[Literal["satisfaction", "friction", "scores_updating"], ...] = (
    "satisfaction",
    "friction",
    "scores_updating",
)
SENTENCE, DAY, OVERDUE, LIVES = 0, 1, 2, 3


def journey_template(view: JourneyView) -> list[Part]:
    """A JourneyView with holes for its day and for what is overdue, without its scores (which come on their own and
    often) and without the closing brace: see `score_json`."""
    bare = JourneyView()
    bare.CopyFrom(view)
    bare.ClearField("promises")
    for name in _SCORED:
        bare.ClearField(name)
    value = to_value(bare)
    parts: list[Part] = [msgspec.json.encode(value)[:-1]]
    if has_day(view):
        parts += [b',"day":', [DAY, stamp_micros(view.opened_at)]]
    return joined([*parts, *_promises(view.promises)])


def score_json(view: JourneyView) -> bytes:
    """The rest of a JourneyView: its scores and the closing brace."""
    scored = JourneyView(scores_updating=view.scores_updating)
    for name in ("satisfaction", "friction"):
        if view.HasField(name):
            getattr(scored, name).CopyFrom(getattr(view, name))
    return b"," + to_json(scored)[1:] if scored.ListFields() else b"}"


def view_template(composed: Composed, journeys: Mapping[str, Sequence[Part]]) -> list[Part]:
    """The whole CustomerView but its opening brace; `journeys` are the templates of the journeys shown, by id."""
    parts: list[Part] = [to_json(composed.view)[1:-1], b',"sentence":', [SENTENCE]]
    for name, shown in ((b"journeys", composed.in_progress), (b"closed_journeys", composed.closed)):
        if shown:
            parts.append(b',"' + name + b'":[')
            for index, part in enumerate(shown):
                if index:
                    parts.append(b",")
                parts += journeys[part.view.journey_id]
                parts.append(score_json(part.view))
            parts.append(b"]")
    parts += _promises(composed.promises)
    if composed.lives:
        parts.append([LIVES, [[live.last_us, to_json(live.contact)] for live in composed.lives]])
    parts.append(b"}")
    return joined(parts)


def fill(parts: Sequence[Part], sentence: str, now_us: int) -> list[bytes]:
    """The template with its holes filled, to be joined."""
    out: list[bytes] = []
    for part in parts:
        if isinstance(part, bytes):
            out.append(part)
            continue
        kind = part[0]
        if kind == DAY:
            out.append(b"%d" % day_of(part[1], now_us))
        elif kind == OVERDUE:
            if overdue(part[1], now_us):
                out.append(b',"overdue":true')
        elif kind == SENTENCE:
            out.append(msgspec.json.encode(sentence))
        else:
            lives = [live for last_us, live in part[1] if still_live(last_us, now_us)]
            if lives:
                out.append(b',"live_contacts":[' + b",".join(lives) + b"]")
    return out


def joined(parts: Sequence[Part]) -> list[Part]:
    """The same with neighbouring bytes put together."""
    out: list[Part] = []
    for part in parts:
        if isinstance(part, bytes) and out and isinstance(out[-1], bytes):
            out[-1] += part
        else:
            out.append(part)
    return out


def _promises(promises: Sequence[PromiseView]) -> list[Part]:
    parts: list[Part] = []
    for index, promise in enumerate(promises):
        parts.append((b"," if index else b',"promises":[') + to_json(promise)[:-1])
        due_us = falls_due(promise)
        if due_us:
            parts.append([OVERDUE, due_us])
        parts.append(b"}")
    if parts:
        parts.append(b"]")
    return parts
