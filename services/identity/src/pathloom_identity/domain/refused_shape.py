"""The members of a refused event, as far as it can be read: it may be here because it cannot."""

import json
import re
from typing import Any

# A member and its text or number, wherever it stands. Half a text at the end of what was kept is not read.
_MEMBER = re.compile(r'"((?:user|anonymous|contact|previous)(?:Id|_id))"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)')


def shape_of(original: bytes) -> dict[str, Any]:
    """The event, where it is a JSON object; else the ids that stand in its text, so that erasing whom they name finds
    it. Of several with one name the first counts."""
    text = original.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    ids: dict[str, Any] = {}
    for name, value in _MEMBER.findall(text):
        try:
            ids.setdefault(name, json.loads(value))
        except ValueError:
            continue  # an escape that is none
    return ids
