"""A client of the public REST API: keys in headers, errors in words, patience where the platform asks for it."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from google.protobuf import json_format
from google.protobuf.message import Message
from pathloom.gateway.v1 import admin_pb2, view_pb2
from pathloom.identity.v1 import customers_pb2
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2

from pathloom_local.errors import LocalError, NotFound, NotRunning, Refused

M = TypeVar("M", bound=Message)

_LATER = frozenset({429, 502, 503, 504})
_LONGEST_WAIT_S = 15.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What the ingest door answered to one batch."""

    position: str
    accepted: int
    errors: Sequence[Mapping[str, Any]]
    """index, message_id, reason, field and detail of each event refused."""


class PublicApi:
    """`async with PublicApi(url, key) as api:`. Calls that the platform asks to repeat are repeated for `patience_s`.

    Raises NotRunning where nothing answers, Refused where a call is refused, NotFound for 404.
    """

    def __init__(self, url: str, key: str, patience_s: float = 60.0, connections: int = 16) -> None:
        self._key = key
        self._patience_s = patience_s
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = httpx.AsyncClient(base_url=url, timeout=30.0, limits=limits, trust_env=not _local(url))
        self.url = url
        self.waits = 0
        """How often the platform asked to come again later, or did not answer."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def batch(self, body: bytes, key: str, bulk: bool) -> Taken:
        """Send one body of /v1/batch with a source's key."""
        headers = {"Content-Type": "application/json", "Pathloom-Lane": "bulk" if bulk else "live"}
        answer = await self._call("POST", "/v1/batch", key=key, content=body, headers=headers)
        said = answer.json()
        return Taken(said.get("position", ""), int(said.get("accepted", 0)), said.get("errors", []))

    async def put_source(self, source: Mapping[str, Any]) -> None:
        """Declare a source (pathloom.identity.v1.Source in JSON)."""
        await self._call("PUT", f"/v1/sources/{source['source_id']}", json=dict(source))

    async def create_key(
        self, name: str, scopes: Sequence[str], source_id: str = "", kind: str = "server"
    ) -> tuple[str, str]:
        """The key's public id and the key."""
        said = {"name": name, "scopes": list(scopes), "kind": kind, "source_id": source_id}
        answer = await self.json("POST", "/v1/keys", said)
        return answer["key_id"], answer["key"]

    async def revoke_key(self, key_id: str) -> None:
        """Take a key out of force."""
        await self._call("DELETE", f"/v1/keys/{key_id}")

    async def status(self) -> admin_pb2.GetStatusResponse:
        """Where every service and feed stands."""
        return await self.message(admin_pb2.GetStatusResponse, "GET", "/v1/status")

    async def activate_model(self, said: Mapping[str, Any]) -> int:
        """Put a model in force (pathloom.identity.v1.ActivateModelRequest in JSON); its number."""
        return int((await self.json("POST", "/v1/models", said))["number"])

    async def models(self) -> customers_pb2.ListModelsResponse:
        """The newest models, the one in force first."""
        return await self.message(
            customers_pb2.ListModelsResponse, "GET", "/v1/models", params={"page_size": "200"}
        )

    async def trace(self, message_id: str, source_id: str = "") -> admin_pb2.TraceEventResponse:
        """What became of an event."""
        body = {"message_id": message_id, "source_id": source_id}
        return await self.message(admin_pb2.TraceEventResponse, "POST", "/v1/trace", body)

    async def look_up(self, body: Mapping[str, Any]) -> view_pb2.LookUpResponse:
        """As pathloom.gateway.v1.LookUpRequest in JSON; never in a URL."""
        return await self.message(view_pb2.LookUpResponse, "POST", "/v1/lookup", body)

    async def journeys(self, customer_id: str, page_token: str = "") -> view_pb2.ListJourneysResponse:
        """A page of a customer's journeys."""
        params = {"page_size": "100", **({"page_token": page_token} if page_token else {})}
        path = f"/v1/customers/{customer_id}/journeys"
        return await self.message(view_pb2.ListJourneysResponse, "GET", path, params=params)

    async def journey(self, journey_id: str) -> view_pb2.GetJourneyResponse:
        """One journey, as whole as it is bounded."""
        return await self.message(view_pb2.GetJourneyResponse, "GET", f"/v1/journeys/{journey_id}")

    async def measured_journeys(self, page_token: str = "") -> scores_pb2.ListJourneysResponse:
        """A page of all journeys, test data among them."""
        body = {"filter": {"include_test": True}, "page_size": 200, "page_token": page_token}
        return await self.message(scores_pb2.ListJourneysResponse, "POST", "/v1/measures/journeys", body)

    async def variants(self, **asked: Any) -> journeys_pb2.ListVariantsResponse:
        """Paths (pathloom.journey_graph.v1.ListVariantsRequest in JSON)."""
        return await self.message(journeys_pb2.ListVariantsResponse, "POST", "/v1/variants", asked)

    async def message(
        self,
        kind: type[M],
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> M:
        """The answer as the contract's message."""
        found = kind()
        json_format.ParseDict(await self.json(method, path, body, params), found, ignore_unknown_fields=True)
        return found

    async def json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer as JSON."""
        said: dict[str, Any] = {"json": dict(body)} if body is not None else {}
        return (await self._call(method, path, params=params, **said)).json()

    async def _call(
        self, method: str, path: str, *, key: str = "", headers: Mapping[str, str] | None = None, **said: Any
    ) -> httpx.Response:
        """One call, repeated while the platform cannot take it. Every call here may be repeated without harm."""
        sent = {"Authorization": f"Bearer {key or self._key}", **(headers or {})}
        begun, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                answer = await self._client.request(method, path, headers=sent, **said)
            except httpx.TransportError as error:
                failure: LocalError = NotRunning(f"nothing answers at {self.url} ({type(error).__name__})")
                wait = None
            else:
                if answer.status_code not in _LATER:
                    return _checked(answer)
                failure = NotRunning(f"{self.url} asks to come again later: {_words(answer)}")
                wait = _retry_after(answer)
            if time.monotonic() - begun > self._patience_s:
                raise failure
            self.waits += 1
            backoff = min(_LONGEST_WAIT_S, 0.2 * 2 ** min(tries, 8)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries
            await _pause(wait if wait is not None else backoff)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    if answer.status_code == 404:
        raise NotFound(_words(answer))
    raise Refused(_words(answer))


def _words(answer: httpx.Response) -> str:
    """The problem document in one line."""
    try:
        said = answer.json()
        fields = "".join(f"; {each['field']}: {each['detail']}" for each in said.get("errors", []))
        return f"{said['detail'] or said['title']} ({answer.status_code} {said['reason']}){fields}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}"


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("retry-after", "")
    return min(_LONGEST_WAIT_S, float(said)) if said.isdigit() else None


def _local(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds)
