"""New names: a prefix that says what it names, then 26 characters that sort by time and cannot be guessed."""

import os
import time
from collections.abc import Callable
from typing import Protocol

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: url-safe, no look-alikes


class IdFactory(Protocol):
    """Mints ids; an argument, so that tests can foresee them."""

    def __call__(self, prefix: str) -> str: ...


def new_id(prefix: str) -> str:
    """E.g. `cus_01kakd5vpt3n8h0x2m4q6r8s0t`: 48 bits of milliseconds since 1970, then 80 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return f"{prefix}_{_base32(value)}"


def counting_ids() -> Callable[[str], str]:
    """Ids that can be foreseen (`cus_1`, `cus_2` ...): for tests and golden cases."""
    counts: dict[str, int] = {}

    def mint(prefix: str) -> str:
        counts[prefix] = counts.get(prefix, 0) + 1
        return f"{prefix}_{counts[prefix]}"

    return mint


def _base32(value: int) -> str:
    digits = []
    for _ in range(26):
        digits.append(_ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(digits))
