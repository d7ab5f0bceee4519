"""Instants as microseconds since 1970, and what an instant means to a reader now.

Documents keep instants, never what follows from them: the day of a journey, whether a promise is overdue and how
a date is said depend on the clock of the reader.
"""

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (at - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """The aware UTC time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def stamp_micros(stamp: Timestamp) -> int:
    """Microseconds since 1970 of a protobuf timestamp; finer parts are cut."""
    return stamp.seconds * 1_000_000 + stamp.nanos // 1_000


def stamp(value: int) -> Timestamp:
    """The protobuf timestamp of microseconds since 1970."""
    seconds, rest = divmod(value, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000)


def day_of(opened_us: int, now_us: int) -> int:
    """Which day of the journey now is: 1 during its first 24 hours.

    Counted from its beginning, not from midnight: the customer's time zone is often not known.
    """
    return max(0, now_us - opened_us) // 86_400_000_000 + 1


def overdue(due_us: int, now_us: int) -> bool:
    """Past due; whoever asks knows that it was neither kept nor withdrawn."""
    return now_us > due_us


def spoken_day(at_us: int, now_us: int) -> str:
    """How a day is said (UTC): today, tomorrow, yesterday, Friday within six days, else 12 March [2027]."""
    at, now = from_micros(at_us), from_micros(now_us)
    days = (at.date() - now.date()).days
    if days == 0:
        return "today"
    if days in (1, -1):
        return "tomorrow" if days == 1 else "yesterday"
    if -7 < days < 7:
        return _WEEKDAYS[at.weekday()]
    year = "" if at.year == now.year else f" {at.year}"
    return f"{at.day} {_MONTHS[at.month - 1]}{year}"
