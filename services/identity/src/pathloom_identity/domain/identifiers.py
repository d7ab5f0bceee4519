"""Identifiers: what is nobody's, and how a raw value becomes one that can be compared."""

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

#: (type, raw, region) -> the one spelling of the value, or None when it is not one of that type. Phone and
#: e-mail need libraries, so an adapter gives this; for any other type it returns the raw value.
Normalise = Callable[[str, str, str], str | None]

_BLOCKED = frozenset(
    [
        "null",
        "none",
        "nil",
        "undefined",
        "nan",
        "n/a",
        "na",
        "unknown",
        "unbekannt",
        "anonymous",
        "anonym",
        "anonymus",
        "withheld",
        "private",
        "restricted",
        "unavailable",
        "blocked",
        "hidden",
        "test",
        "guest",
        "default",
        "admin",
        "user",
        "customer",
        "noreply",
        "no-reply",
        "false",
        "true",
        "-",
        "--",
        ".",
        "?",
        "x",
        "xx",
        "xxx",
        "invalid",
        "empty",
        "missing",
        "not_set",
        "notset",
        "[object",
        "object]",
        "{}",
        "[]",
    ]
) | {
    "[object object]",
    "not set",
    "not available",
    "no number",
    "caller id blocked",
    "00000000-0000-0000-0000-000000000000",
}
_NOBODY_MAILBOX = frozenset(
    {
        "noreply",
        "no-reply",
        "donotreply",
        "do-not-reply",
        "mailer-daemon",
        "postmaster",
        "none",
        "null",
        "unknown",
    }
)
MAX_VALUE = 512
_SOMETHING = re.compile(r"[^\W0_]").search
_NOT_DIGITS = re.compile(r"\D").sub


class Identifier(NamedTuple):
    """(type, namespace, value); the namespace is empty where the type is unique everywhere."""

    type: str
    namespace: str
    value: str

    def digest(self) -> bytes:
        """16 bytes of (type, value) for the index; the namespace is its own column, so that a look-up
        can leave it out."""
        return digest_of(self.type, self.value)


def digest_of(kind: str, value: str) -> bytes:
    """16 bytes that stand for a value of a type."""
    return blake2b(f"{kind}\x1f{value}".encode(), digest_size=16).digest()


@lru_cache(maxsize=65536)
def is_blocked(kind: str, value: str) -> bool:
    """True for values that are nobody's: null, anonymous, zeros, one digit repeated, 1234567890 …"""
    text = value.strip().casefold()
    if not text or text in _BLOCKED:
        return True
    if not _SOMETHING(text):  # zeros and punctuation only
        return True
    if kind == "phone":
        digits = _NOT_DIGITS("", text)
        tail = digits[-9:]
        return len(digits) < 5 or len(set(tail)) == 1 or digits.endswith(("123456789", "1234567890"))
    if kind == "email":
        return text.split("@", 1)[0] in _NOBODY_MAILBOX
    return False


def read_identifier(
    kind: str, namespace: str, raw: object, region: str, normalise: Normalise
) -> tuple[Identifier, bool] | None:
    """The identifier a raw field holds and whether it may join, or None where it holds nobody's.

    A value that cannot be normalised is kept as it is, to be found by, but never joins.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    text = str(raw).strip()[:MAX_VALUE]
    if is_blocked(kind, text):
        return None
    value = normalise(kind, text, region)
    if value is None:
        return Identifier(kind, namespace, text), False
    if is_blocked(kind, value):
        return None
    return Identifier(kind, namespace, value), True
