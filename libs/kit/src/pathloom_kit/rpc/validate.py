"""Requests keep the rules that the contract states, or the caller hears which field does not."""

from typing import Any

import protovalidate
from google.protobuf.message import DecodeError, Message

from pathloom_kit.errors import InvalidArgument


def parse(deserialize: Any, raw: bytes) -> Message:
    """The request. InvalidArgument when the bytes are not one."""
    try:
        return deserialize(raw)  # type: ignore[no-any-return]
    except (DecodeError, ValueError) as error:
        raise InvalidArgument(
            "the request is not a well-formed message",
            fields={"request": "is not well-formed (a text may not be UTF-8, or it is nested too deeply)"},
        ) from error


def check(message: Message) -> None:
    """InvalidArgument with each field that breaks a rule. The rule is told, never the value."""
    violations = protovalidate.collect_violations(message)
    if not violations:
        return
    fields: dict[str, str] = {}
    for violation in violations:
        path = path_of(violation.proto.field)
        known = fields.get(path)
        problem = violation.proto.message or violation.proto.rule_id
        fields[path] = f"{known}; {problem}" if known else problem
    raise InvalidArgument(
        "; ".join(f"{path}: {problem}" for path, problem in list(fields.items())[:10]), fields=fields
    )


def path_of(field: Any) -> str:
    """E.g. `events[3].message_id`; a map's key is left out of the path, as it may be anything."""
    path = ""
    for element in field.elements:
        path += ("." if path else "") + element.field_name
        kind = element.subscript
        if kind is not None and getattr(kind, "field", "") == "index":
            path += f"[{kind.value}]"
        elif kind is not None:
            path += "[]"
    return path
