"""The spellings under which an identifier may be stored: as identity normalises it, else as it was sent."""

from collections.abc import Sequence
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email


class Spellings:
    """`regions`: the countries whose national phone numbers the sources send; may be changed at any time."""

    def __init__(self, regions: Sequence[str] = ()) -> None:
        self.regions: tuple[str, ...] = tuple(regions)

    def __call__(self, kind: str, value: str) -> Sequence[str]:
        """What the value becomes; the value itself where it is not one of its type."""
        return _spellings(kind, value.strip(), self.regions)


# Callers come back, and parsing costs ten times what the look-up's query costs.
@lru_cache(maxsize=65_536)
def _spellings(kind: str, value: str, regions: tuple[str, ...]) -> tuple[str, ...]:
    # Mostly one: identity keeps a value as it was sent only where it is not one of its type.
    found: dict[str, None] = {}
    if kind == "phone":
        for region in ("", *regions):
            spelled = _phone(value, region)
            if spelled:
                found[spelled] = None
    elif kind == "email":
        spelled = _email(value)
        if spelled:
            found[spelled] = None
    elif kind in ("handle", "device"):
        found[value.casefold()] = None
    if not found:
        found[value] = None
    return tuple(found)


def _phone(value: str, region: str) -> str:
    try:
        number = phonenumbers.parse(value.removeprefix("tel:"), region.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(value: str) -> str:
    try:
        found = validate_email(
            value.removeprefix("mailto:"),
            check_deliverability=False,
            allow_display_name=True,
            test_environment=True,
        )
    except EmailNotValidError:
        return ""
    return found.normalized.casefold()
