"""Who may do what: scopes, kinds of key, the caller once known, and how a call is turned away."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pathloom_kit.errors import DomainError, Kind


class Scope(StrEnum):
    """What a caller may do."""

    INGEST = "ingest"
    READ = "read"
    STEWARD = "steward"
    ADMIN = "admin"


class KeyKind(StrEnum):
    """SERVER keys are secrets. PUBLIC ones stand in pages and phone apps: they may only ingest, and all is a claim."""

    SERVER = "server"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. `source_id` is "" where it has no scope to ingest."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    kind: KeyKind
    source_id: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller, known. `via` is the key's id or `session`; `user` is the signed-in user's name, else ""."""

    via: str
    scopes: frozenset[Scope]
    source_id: str = ""
    public: bool = False
    user: str = ""

    def require(self, *scopes: Scope) -> None:
        """Any of the scopes will do. Raises ScopeMissing, which names the first as the least that is needed."""
        if self.scopes.isdisjoint(scopes):
            raise ScopeMissing(
                f"this needs the scope {' or '.join(scopes)}", metadata={"scope": str(scopes[0])}
            )

    def actor(self, said: str) -> str:
        """Who acts, for the record: a session's user goes before what the request says; the key where nobody is."""
        return self.user or said or self.via


class KeyMissing(DomainError):
    """No key and no session came with the call."""

    kind = Kind.UNAUTHENTICATED
    reason = "KEY_MISSING"


class KeyUnknown(DomainError):
    """The key is not one of ours, or no longer."""

    kind = Kind.UNAUTHENTICATED
    reason = "KEY_UNKNOWN"


class SessionUnknown(DomainError):
    """The session has ended or never was."""

    kind = Kind.UNAUTHENTICATED
    reason = "SESSION_UNKNOWN"


class ScopeMissing(DomainError):
    """The key is good, but not for this."""

    kind = Kind.FORBIDDEN
    reason = "SCOPE_MISSING"


class CrossSite(DomainError):
    """A signed-in browser sent this from elsewhere than the console."""

    kind = Kind.FORBIDDEN
    reason = "CROSS_SITE"


class RateLimited(DomainError):
    """Too many calls; `retry_after_s` says when there is room again."""

    kind = Kind.EXHAUSTED
    reason = "RATE_LIMITED"


class KeyNotFound(DomainError):
    """No key of this id."""

    kind = Kind.NOT_FOUND
    reason = "KEY_NOT_FOUND"


class UserExists(DomainError):
    """There is a user of this name."""

    kind = Kind.CONFLICT
    reason = "USER_EXISTS"


class SignInRefused(DomainError):
    """Name or password is wrong; which of them is not said."""

    kind = Kind.UNAUTHENTICATED
    reason = "SIGN_IN_REFUSED"
