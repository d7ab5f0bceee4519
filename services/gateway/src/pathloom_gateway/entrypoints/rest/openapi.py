"""The OpenAPI 3.1 description: what FastAPI finds, how to authenticate, and what every error looks like."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pathloom_gateway.entrypoints.rest import proto_schema

DESCRIPTION = """One view of each customer and of the journeys that customer is on.

Every call needs a key, `Authorization: Bearer KEY` (or Basic with the key as user), with the scope that the call
says; a key is never part of a URL. Errors are `application/problem+json` and name the field at fault. The messages
are those of the gRPC API: snake_case, times as RFC 3339, unset left out."""

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "reason", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "reason": {"type": "string", "description": "Stable, e.g. KEY_MISSING."},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_OPEN = ("/healthz/",)
_ERRORS = {
    "400": "The request is wrong; `errors` names the fields.",
    "401": "No key, or not a known one.",
    "403": "The key may not do this.",
    "404": "There is no such thing.",
    "409": "It stands against what is there.",
    "413": "The body is too large.",
    "415": "The body is in a form that is not read.",
    "429": "Too many calls; see Retry-After.",
    "503": "Nothing was done; come again, see Retry-After.",
}


def install(app: FastAPI) -> None:
    """Makes app.openapi() the whole description; computed once, at the first call."""

    def build() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign]


def _build(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    schemas.update(proto_schema.components())
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic", "description": "The key as user, no password."},
    }
    for path, operations in found["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            if path.startswith(_OPEN):
                continue
            operation["security"] = [{"key": []}, {"basic": []}]
            for status, description in _ERRORS.items():
                operation["responses"].setdefault(
                    status,
                    {
                        "description": description,
                        "content": {
                            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                        },
                    },
                )
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return found
