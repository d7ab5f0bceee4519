"""What ingest reads, as JSON Schema for the OpenAPI description."""

from typing import Any

_ID = {"type": ["string", "integer", "null"], "maxLength": 256}
_OBJECT = {"type": ["object", "null"], "additionalProperties": True}
_TIME = {"type": ["string", "null"], "format": "date-time"}
_COMMON: dict[str, Any] = {
    "messageId": {
        "type": "string",
        "minLength": 1,
        "maxLength": 256,
        "description": "Unique within the source: the same id again is the same event.",
    },
    "userId": {**_ID, "description": "The source's id of the person."},
    "anonymousId": {**_ID, "description": "The source's id of the device or browser."},
    "timestamp": {**_TIME, "description": "When it happened, by the client's clock; without it, now."},
    "originalTimestamp": {**_TIME, "description": "The same, where there is no `timestamp`."},
    "sentAt": {**_TIME, "description": "When it was sent, by the client's clock, to correct `timestamp` by."},
    "context": {**_OBJECT, "description": "Device, page, locale, time zone …"},
    "writeKey": {"type": "string", "description": "The key, where no Authorization header carries it."},
}
_PROPERTIES = {**_OBJECT, "description": "As in the tracking plan."}
_TRAITS = {**_OBJECT, "description": "What is known about the person (group: about the group)."}
_OWN: dict[str, dict[str, Any]] = {
    "track": {
        "event": {"type": "string", "minLength": 1, "maxLength": 256, "description": "What happened."},
        "properties": _PROPERTIES,
    },
    "identify": {"traits": _TRAITS},
    "page": {"name": {"type": ["string", "null"], "maxLength": 256}, "properties": _PROPERTIES},
    "screen": {"name": {"type": ["string", "null"], "maxLength": 256}, "properties": _PROPERTIES},
    "group": {"groupId": _ID, "traits": _TRAITS},
    "alias": {"previousId": _ID},
}
_REQUIRED = {"track": ["event"], "group": ["groupId"], "alias": ["previousId", "userId"]}

_EVENT = {
    "type": "object",
    "required": ["type", "messageId"],
    "properties": {
        "type": {"type": "string", "enum": list(_OWN)},
        **_COMMON,
        **{name: schema for own in _OWN.values() for name, schema in own.items()},
    },
}
_BATCH = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "items": _EVENT, "maxItems": 2000},
        "sentAt": _COMMON["sentAt"],
        "context": {**_OBJECT, "description": "Goes under each event's own."},
        "writeKey": _COMMON["writeKey"],
    },
}

BATCH_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _BATCH}}}
}
LANE_HEADER: dict[str, Any] = {
    "parameters": [
        {
            "name": "Pathloom-Lane",
            "in": "header",
            "description": "bulk for history: it never delays what happens now.",
            "schema": {"type": "string", "enum": ["live", "bulk"], "default": "live"},
        }
    ]
}


def event_body(call: str) -> dict[str, Any]:
    """The body of one call's own path."""
    schema = {
        "type": "object",
        "required": ["messageId", *_REQUIRED.get(call, [])],
        "properties": {**_COMMON, **_OWN[call]},
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
