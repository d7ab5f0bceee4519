"""Microseconds since 1970 (UTC), as the log and the records keep times."""

from datetime import UTC, datetime, timedelta

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """Of an aware instant; exact."""
    return (instant - _START) // _MICROSECOND


def instant(us: int) -> datetime:
    """The inverse."""
    return _START + timedelta(microseconds=us)
