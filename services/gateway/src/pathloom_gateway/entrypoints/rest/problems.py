"""Errors as application/problem+json (RFC 9457): the one place that knows both a DomainError and HTTP."""

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pathloom_kit.errors import DomainError, Kind, Unavailable
from pathloom_kit.transient import STORE_ERRORS, is_transient
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class BodyTooLarge(DomainError):
    """The body, once inflated, is larger than this call takes."""

    kind: ClassVar[Kind] = Kind.INVALID
    reason: ClassVar[str] = "BODY_TOO_LARGE"


class UnsupportedMedia(DomainError):
    """The body is in a form that this call does not read."""

    kind: ClassVar[Kind] = Kind.INVALID
    reason: ClassVar[str] = "UNSUPPORTED_MEDIA"


_STATUS_OF_REASON = {BodyTooLarge.reason: 413, UnsupportedMedia.reason: 415}


def problem(
    status: int,
    reason: str,
    detail: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document. `errors` names each field at fault; `code` and `message` say the same to tracking SDKs,
    which print those two."""
    body: dict[str, Any] = {
        "type": f"urn:pathloom:error:{reason.lower().replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "reason": reason,
        "detail": detail,
        "code": reason,
        "message": detail,
    }
    if fields:
        body["errors"] = [{"field": path, "detail": what} for path, what in fields.items()]
    return Response(msgspec.json.encode(body), status, headers, media_type=MEDIA_TYPE)


def of_domain_error(error: DomainError) -> Response:
    """The status of its kind; 401 says how to authenticate, 429 and 503 when to come again."""
    status = _STATUS_OF_REASON.get(error.reason, error.kind.http_status)
    headers = {}
    if error.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Bearer realm="pathloom"'
    retry_after_s = error.retry_after_s
    if retry_after_s is None and error.kind is Kind.UNAVAILABLE:
        retry_after_s = 1.0
    if retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    return problem(status, error.reason, error.detail, error.fields, headers)


def install(app: FastAPI) -> None:
    """Every error that leaves the app is a problem document; an unforeseen one tells nothing of itself."""

    async def domain(_: Request, error: Exception) -> Response:
        assert isinstance(error, DomainError)
        if error.kind is Kind.INTERNAL:
            _log.error("internal error: %s", error.reason, exc_info=error)
            return problem(500, "INTERNAL", "something went wrong here; it has been logged")
        return of_domain_error(error)

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        reason = HTTPStatus(error.status_code).name
        return problem(error.status_code, reason, str(error.detail), headers=error.headers)

    async def validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # Only where and what kind: the value itself can be personal.
        fields = {".".join(map(str, found["loc"])): str(found["msg"]) for found in error.errors()}
        return problem(400, "INVALID_ARGUMENT", "the request is wrong", fields)

    async def of_the_store(_: Request, error: Exception) -> Response:
        # Our own database is away or just coming back: the same again will do, which a 500 does not say.
        if not is_transient(error):
            raise error
        _log.warning("the store is away", extra={"error": type(error).__name__})
        return of_domain_error(Unavailable("this cannot be answered right now; ask the same again"))

    async def unforeseen(request: Request, error: Exception) -> Response:
        return problem(500, "INTERNAL", "something went wrong here; it has been logged")

    async def hung_up(_: Request, error: Exception) -> Response:
        # In the middle of what it sent: nobody reads this, and nothing went wrong here.
        return problem(400, "CUT_OFF", "the request ended too early")

    app.add_exception_handler(ClientDisconnect, hung_up)
    app.add_exception_handler(DomainError, domain)
    app.add_exception_handler(HTTPException, http)
    for kind in STORE_ERRORS:
        app.add_exception_handler(kind, of_the_store)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(Exception, unforeseen)
