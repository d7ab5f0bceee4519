"""When a row happened: a column, its format, and the zone that a time without an offset is in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pathloom_local.send.expressions import BadMapping, BadValue, Row, Template

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Time:
    """`format` is iso, epoch_s, epoch_ms or one of strptime's patterns."""

    source: Template
    format: str
    zone: tzinfo

    def of(self, row: Row) -> str:
        """RFC 3339, UTC, microseconds. Raises BadValue."""
        value = self.source.value(row)
        name = " and ".join(self.source.names()) or "the time"
        if value is None:
            raise BadValue(f"{name} is empty: when it happened is not known")
        try:
            moment = value if isinstance(value, datetime) else self._read(str(value).strip())
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self.zone)
            return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        except (ValueError, OverflowError):
            raise BadValue(f"{name} is no time of the format {self.format}") from None

    def _read(self, text: str) -> datetime:
        match self.format:
            case "iso":
                return datetime.fromisoformat(text)
            case "epoch_s":
                return _EPOCH + timedelta(seconds=float(text))
            case "epoch_ms":
                return _EPOCH + timedelta(milliseconds=float(text))
        return datetime.strptime(text, self.format)  # noqa: DTZ007 - the zone is given by the caller where the text has none


def zone(name: str, place: str) -> tzinfo:
    """An IANA time zone. Raises BadMapping."""
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadMapping(f"{place}: {name} is no time zone (IANA names, e.g. America/Chicago)") from None
