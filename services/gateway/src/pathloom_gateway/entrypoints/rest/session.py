"""Signing in to the console and out again. The session's secret only ever travels in an HttpOnly cookie."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from fastapi import APIRouter, Request, Response
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.application.sign_in import SignIn
from pathloom_gateway.entrypoints.rest.body import read_json
from pathloom_gateway.entrypoints.rest.door import COOKIE, Door, check_same_site

_CREDENTIALS = {
    "type": "object",
    "required": ["name", "password"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 64},
        "password": {"type": "string", "minLength": 1, "maxLength": 1024},
    },
}
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": _CREDENTIALS}}}}


@dataclass(frozen=True, slots=True)
class _Face:
    sign_in: SignIn
    door: Door
    cookie_secure: bool

    async def begin(self, request: Request) -> Response:
        """Name and password become a session cookie. 401 SIGN_IN_REFUSED does not say which was wrong."""
        check_same_site(request)
        said = await read_json(request)
        name, password = _text(said, "name"), _text(said, "password")
        secret, user, expires_at = await self.sign_in(name, password)
        response = _who(user.name, sorted(map(str, user.scopes)), expires_at)
        response.set_cookie(
            COOKIE,
            secret,
            expires=expires_at,
            path="/",
            secure=self.cookie_secure or request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    async def show(self, request: Request) -> Response:
        """Who is signed in; 401 when nobody is."""
        principal = await self.door.principal(request)
        return _who(principal.user, sorted(map(str, principal.scopes)), None)

    async def end(self, request: Request) -> Response:
        """Ends the session, if there is one."""
        secret = request.cookies.get(COOKIE)
        if secret:
            check_same_site(request)
            await self.sign_in.out(secret)
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response


def router(sign_in: SignIn, door: Door, cookie_secure: bool) -> APIRouter:
    """POST, GET and DELETE /v1/session."""
    face = _Face(sign_in, door, cookie_secure)
    routes = APIRouter(tags=["session"])
    routes.add_api_route("/v1/session", face.begin, methods=["POST"], openapi_extra=_BODY, summary="Sign in")
    routes.add_api_route("/v1/session", face.show, methods=["GET"], summary="Who is signed in")
    routes.add_api_route("/v1/session", face.end, methods=["DELETE"], status_code=204, summary="Sign out")
    return routes


def _text(said: dict[str, object], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidArgument(fields={name: "is not a text" if value is not None else "is missing"})
    if "\0" in value:
        raise InvalidArgument(fields={name: "holds a NUL character"})
    return value


def _who(user: str, scopes: list[str], expires_at: datetime | None) -> Response:
    body: dict[str, object] = {"user": user, "scopes": scopes}
    if expires_at is not None:
        body["expires_at"] = expires_at
    return Response(msgspec.json.encode(body), media_type="application/json")
