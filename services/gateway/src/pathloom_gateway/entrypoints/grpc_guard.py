"""Who is calling over gRPC: the key in the metadata `authorization: Bearer KEY` (or Basic)."""

from dataclasses import dataclass
from typing import Any

from pathloom_gateway.application.authenticate import Authenticate
from pathloom_gateway.domain.access import Principal, Scope
from pathloom_gateway.entrypoints.authorization import key_of


@dataclass(frozen=True, slots=True)
class GrpcGuard:
    """Every servicer's first line: `principal = await self._guard(context, Scope.READ)`."""

    authenticate: Authenticate

    async def __call__(self, context: Any, *scopes: Scope) -> Principal:
        """Raises KeyMissing, KeyUnknown, RateLimited, ScopeMissing."""
        said = ""
        for name, value in context.invocation_metadata() or ():
            if name == "authorization" and isinstance(value, str):
                said = value
        principal = await self.authenticate.by_key(key_of(said) if said else "")
        principal.require(*scopes)
        return principal
