"""How ingest answers, the same for SDK calls and CloudEvents."""

import msgspec
from fastapi import Request, Response
from pathloom.gateway.v1 import ingest_pb2
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.entrypoints.rest.problems import problem

LANE = "pathloom-lane"


def bulk(request: Request) -> bool:
    """Whether the events are history. InvalidArgument for a lane that is neither live nor bulk."""
    said = request.headers.get(LANE, "live").strip().lower()
    if said not in ("live", "bulk"):
        raise InvalidArgument(fields={"Pathloom-Lane": "is neither live nor bulk"})
    return said == "bulk"


def of_batch(answer: ingest_pb2.RecordResponse) -> Response:
    """200, however many were refused."""
    errors = [
        {
            "index": error.index,
            "message_id": error.message_id,
            "reason": error.reason,
            "field": error.field,
            "detail": error.detail,
        }
        for error in answer.errors
    ]
    body = {"position": answer.position, "accepted": answer.accepted, "errors": errors}
    return Response(msgspec.json.encode(body), media_type="application/json")


def of_single(answer: ingest_pb2.RecordResponse) -> Response:
    """200, or 400 where the one event was refused."""
    if not answer.errors:
        return of_batch(answer)
    error = answer.errors[0]
    field = error.field or "body"
    return problem(400, error.reason, f"the event was refused: {field} {error.detail}", {field: error.detail})
