"""What people agreed to, as values of their record: one value for each purpose and channel, the latest said counts."""

import json
from collections.abc import Mapping
from typing import Any

PREFIX = "consent:"
_STATES = {"consent given": "given", "consent withdrawn": "withdrawn", "consent expired": "expired"}
_PREFERENCE = "preference set"
_PREFERRED = ("preferred_channel", "preferred_language")
_LONGEST = 100


def is_consent(name: str) -> bool:
    """Whether a golden value of this name is a consent."""
    return name.startswith(PREFIX)


def consent_values(event_name: str, properties: Mapping[str, Any]) -> Mapping[str, str | None]:
    """By value name what an event says about consent or preference; empty where it speaks of neither.

    A consent is named `consent:PURPOSE:CHANNEL` (channel empty: any) and is JSON text: `state` (given, withdrawn or
    expired) and, where said, `expires_at` as it came. Without a purpose it says nothing.
    """
    name = event_name.strip().casefold().replace("_", " ")
    if name == _PREFERENCE:
        return {key: text for key in _PREFERRED if (text := _text(properties.get(key)))}
    state, purpose = _STATES.get(name), _part(properties.get("purpose"))
    if state is None or not purpose:
        return {}
    said = {"state": state}
    if expires := _text(properties.get("expires_at")):
        said["expires_at"] = expires
    return {f"{PREFIX}{purpose}:{_part(properties.get('channel'))}": json.dumps(said, separators=(",", ":"))}


def _part(value: object) -> str:
    return _text(value).casefold().replace(":", " ")


def _text(value: object) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""
