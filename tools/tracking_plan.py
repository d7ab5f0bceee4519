"""Writes the generated part of docs/events.md from the JSON Schemas of the tracking plan.

python tools/tracking_plan.py            writes it
python tools/tracking_plan.py --check    exits 1 when it is not current
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pathloom_gateway.tracking_plan import PlannedEvent, common_schema, planned_events

DOCS = Path(__file__).parent.parent / "docs" / "events.md"
MARK = "<!-- Below is generated from the schemas by tools/tracking_plan.py: do not edit. -->"
# In the order in which a reader meets them; a family that is not listed fails the run.
FAMILIES = (
    "contact",
    "voicemail and call-back",
    "ivr",
    "bot and chat",
    "e-mail and letter",
    "social and review",
    "place",
    "digital",
    "verification",
    "promise",
    "case",
    "commerce and lifecycle",
    "outbound",
    "survey",
    "consent",
    "outcome",
    "employee",
    "service",
)


def type_of(schema: Mapping[str, Any]) -> str:
    """What a value must be, in few words."""
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("format") == "date-time":
        return "date-time"
    kind = schema["type"]
    if isinstance(kind, list):
        return " or ".join(kind)
    return "list of string" if kind == "array" else str(kind)


def properties_table(schema: Mapping[str, Any]) -> list[str]:
    """A table of the properties that a schema itself names; nothing where it names none."""
    if not schema["properties"]:
        return []
    required = set(schema.get("required", ()))
    lines = ["", "| property | is | |", "|---|---|---|"]
    for name, value in schema["properties"].items():
        must = " *(required)*" if name in required else ""
        lines.append(f"| `{name}`{must} | {type_of(value)} | {value['description']} |")
    return lines


def event_section(event: PlannedEvent) -> list[str]:
    """One event: what it is, its table, its example."""
    own = event.schema["properties"]
    required = [f"`{name}`" for name in event.schema.get("required", ()) if name not in own]
    lines = [
        "",
        f"### {event.title}",
        f"`{event.key}` · {event.touch.replace('_', ' ')}. {event.description}",
    ]
    if required:
        lines[-1] += f" Required: {', '.join(required)}."
    lines += properties_table(event.schema)
    lines += ["", "```json", json.dumps(event.schema["examples"][0], ensure_ascii=False), "```"]
    return lines


def generated(events: Sequence[PlannedEvent]) -> str:
    """The generated part, from the mark on."""
    strange = {event.family for event in events} - set(FAMILIES)
    if strange:
        raise SystemExit(f"families without a place in tools/tracking_plan.py: {', '.join(sorted(strange))}")
    lines = [MARK, "", "## What any event may say", *properties_table(common_schema())]
    lines += ["", "## Who touches whom by default", "", "| event | touch |", "|---|---|"]
    lines += [f"| {event.title} | {event.touch.replace('_', ' ')} |" for event in events]
    for family in FAMILIES:
        lines += ["", f"## {family[0].upper()}{family[1:]}"]
        for event in events:
            if event.family == family:
                lines += event_section(event)
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Writes or checks; the exit code."""
    text = DOCS.read_text(encoding="utf-8")
    head, found, _ = text.partition(MARK)
    if not found:
        raise SystemExit(f"{DOCS} has lost the mark that begins its generated part")
    current = head + generated(list(planned_events().values()))
    if "--check" in arguments:
        if current != text:
            print("docs/events.md is not current: run python tools/tracking_plan.py", file=sys.stderr)
            return 1
        return 0
    DOCS.write_text(current, encoding="utf-8")
    print(f"docs/events.md: {len(planned_events())} events")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
