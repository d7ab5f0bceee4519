"""Who is calling over HTTP: Authorization (Bearer, or Basic with the key as user), else the console's session."""

from dataclasses import dataclass

from fastapi import Request

from pathloom_gateway.application.authenticate import Authenticate
from pathloom_gateway.domain.access import CrossSite, Principal, Scope
from pathloom_gateway.entrypoints.authorization import key_of

COOKIE = "pathloom_session"
CONSOLE_HEADER = "x-pathloom-console"
_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Door:
    """Every route goes through here."""

    authenticate: Authenticate

    async def require(self, request: Request, *scopes: Scope) -> Principal:
        """The caller, who has one of the scopes. Raises KeyMissing, KeyUnknown, SessionUnknown, CrossSite, RateLimited,
        ScopeMissing."""
        principal = await self.principal(request)
        principal.require(*scopes)
        return principal

    async def principal(self, request: Request) -> Principal:
        """The caller, whatever they may do."""
        said = request.headers.get("authorization")
        if said is not None:
            return await self.authenticate.by_key(key_of(said))
        secret = request.cookies.get(COOKIE)
        if secret:
            check_same_site(request)
            return await self.authenticate.by_session(secret)
        return await self.authenticate.by_key("")


def check_same_site(request: Request) -> None:
    """A session only counts for what the console itself sends. The cookie is SameSite=Strict; this holds where a
    browser does not keep to that: nothing from another site, and no change without a header that a foreign page
    cannot set. Raises CrossSite."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CrossSite("a session may only be used by the console itself")
    if request.method not in _SAFE and CONSOLE_HEADER not in request.headers:
        raise CrossSite(
            "a session needs the header X-Pathloom-Console", fields={"X-Pathloom-Console": "is missing"}
        )
