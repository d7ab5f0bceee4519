"""The contract's filter as a selection."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.scoring.v1 import scores_pb2 as pb
from pathloom_kit.errors import InvalidArgument

from pathloom_scoring.domain.selection import Selection

_TEXTS = ("goal", "channel", "queue", "department", "reason", "touch")


def selection_from(message: pb.MeasureFilter) -> Selection:
    """InvalidArgument names the field that no selection can be made of."""
    for name in _TEXTS:
        if "\x00" in getattr(message, name):
            raise InvalidArgument(fields={f"filter.{name}": "must not hold a NUL character"})
    begin = _time(message, "from", getattr(message, "from"))  # a keyword of Python's
    end = _time(message, "to", message.to)
    if begin is not None and end is not None and end < begin:
        raise InvalidArgument(fields={"filter.to": "is before filter.from"})
    return Selection(
        goal=message.goal,
        begin=begin,
        end=end,
        channel=message.channel,
        queue=message.queue,
        department=message.department,
        reason=message.reason,
        touch=message.touch,
        include_test=message.include_test,
    )


def _time(message: pb.MeasureFilter, field: str, value: Timestamp) -> datetime | None:
    if not message.HasField(field):  # type: ignore[arg-type]
        return None
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidArgument(
            fields={f"filter.{field}": "is not a time between the years 1 and 9999"}
        ) from None
