"""What may be inside an event: JSON values of bounded depth, text that every store can hold, no card numbers."""

import math
from collections.abc import Iterable
from typing import Any

from pathloom_gateway.domain.cards import MAX_DIGITS, MIN_DIGITS, is_card_number, mask_cards

MAX_DEPTH = 32
_PHONE_FIELDS = frozenset(
    {
        "from_number",
        "to_number",
        "phone",
        "phone_number",
        "phonenumber",
        "mobile",
        "mobile_number",
        "telephone",
        "fax",
    }
)
_MAX_PHONE_LENGTH = 15


class Unclean(Exception):
    """A value that cannot be kept. `field` is its path, `what` says what is wrong, without the value."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(f"{field}: {what}")
        self.field = field
        self.what = what


def clean(value: Any, path: str, references: Iterable[str] = ()) -> Any:
    """The value with card numbers masked. `references` are members of it that are references by the tracking plan
    (a contact's id, an order's): they are kept as they are, since masked ones would point nowhere.

    Raises Unclean: nested deeper than MAX_DEPTH, NUL or half a surrogate pair in a text, a number that is not one.
    """
    return _clean(value, path, frozenset(references), 0)


def _clean(value: Any, path: str, references: frozenset[str], depth: int) -> Any:
    if isinstance(value, str):
        check_text(value, path)
        return mask_cards(value)
    if isinstance(value, dict):
        return _clean_object(value, path, references, depth)
    if isinstance(value, list):
        _check_depth(path, depth)
        return [_clean(item, f"{path}[{at}]", frozenset(), depth + 1) for at, item in enumerate(value)]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise Unclean(path, "is not a number that JSON knows")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise Unclean(path, "is too large a number: send it as text")
    return _clean_number(value)


def _clean_object(value: dict[str, Any], path: str, references: frozenset[str], depth: int) -> dict[str, Any]:
    _check_depth(path, depth)
    made = {}
    for name, item in value.items():
        check_text(name, path)
        below = f"{path}.{name[:64]}"
        if (name in references and isinstance(item, str)) or (
            isinstance(item, str) and len(item) <= _MAX_PHONE_LENGTH and name.lower() in _PHONE_FIELDS
        ):
            check_text(item, below)
            made[name] = item
        else:
            made[mask_cards(name)] = _clean(item, below, frozenset(), depth + 1)
    return made


def check_text(text: str, path: str) -> None:
    """Raises Unclean for text that not every store can hold."""
    if "\0" in text:
        raise Unclean(path, "holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unclean(path, "holds half a surrogate pair") from None


def _check_depth(path: str, depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise Unclean(path.partition(".")[0].partition("[")[0], f"is nested deeper than {MAX_DEPTH}")


def _clean_number(value: Any) -> Any:
    if isinstance(value, float) and not value.is_integer():
        return value
    digits = str(abs(int(value)))
    if MIN_DIGITS <= len(digits) <= MAX_DIGITS and is_card_number(digits):
        return mask_cards(digits)
    return value
