"""What can go wrong, said once: a kind (what the caller can do about it) and a reason (what it was)."""

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """What the caller can do about it. Each face (gRPC, HTTP) translates a kind once."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FAILED_PRECONDITION = "failed_precondition"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    EXHAUSTED = "exhausted"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"

    @property
    def http_status(self) -> int:
        return _HTTP[self]


_HTTP = {
    Kind.INVALID: 400,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.FAILED_PRECONDITION: 409,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.EXHAUSTED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}


class DomainError(Exception):
    """An expected failure. Subclasses set `kind` and `reason` (UPPER_SNAKE, part of the contract).

    `detail` is for a developer to read and never holds personal data, nor does `metadata`.
    `fields` says for each wrong field (its path) what is wrong. `retry_after_s`: when to try again, seconds.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    reason: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        detail: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail or self.reason)
        self.detail = detail or self.reason
        self.fields: Mapping[str, str] = dict(fields or {})
        self.metadata: Mapping[str, str] = dict(metadata or {})
        self.retry_after_s = retry_after_s


class InvalidArgument(DomainError):
    """The request is wrong; `fields` names where."""

    kind = Kind.INVALID
    reason = "INVALID_ARGUMENT"


class Unauthenticated(DomainError):
    """No token, or not a known one."""

    kind = Kind.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class Unavailable(DomainError):
    """Nothing was done; the same request may succeed later."""

    kind = Kind.UNAVAILABLE
    reason = "UNAVAILABLE"


class FeedReset(DomainError):
    """The cursor is of another epoch or beyond the head: re-read everything from n = 0 of `epoch`."""

    kind = Kind.FAILED_PRECONDITION
    reason = "FEED_RESET"

    def __init__(self, epoch: str, detail: str = "the cursor is not of this epoch") -> None:
        super().__init__(detail, metadata={"epoch": epoch})
        self.epoch = epoch


class RemoteError(DomainError):
    """Another service's error as it was told: its kind and reason, set on the instance.

    Raised by clients so that a use case can catch by `reason` or let it pass through to its own caller.
    """

    def __init__(
        self,
        kind: Kind,
        reason: str,
        detail: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail or reason, fields=fields, metadata=metadata, retry_after_s=retry_after_s)
        self.kind = kind  # type: ignore[misc]  # a remote error's class is only known when it arrives
        self.reason = reason  # type: ignore[misc]
