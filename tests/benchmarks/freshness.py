"""From acknowledged until visible in the view, and from a call's first event until a look-up by the call shows it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from pathloom_local.api.client import PublicApi
from pathloom_local.platform import Platform

from tests.benchmarks.figures import Figure, at_most
from tests.benchmarks.load import Latencies
from tests.benchmarks.wire import Refused, Wire

EVERY_S = 0.2
"""Between two probes: five a second are few beside the events that arrive."""
SOURCE = "bench_telephony"


class Prober:
    """Sends a call of a customer's own now and then, and looks when it is there."""

    def __init__(self, platform: Platform, reading_key: str, ingest_key: str, users: Sequence[str]) -> None:
        self.ingest_key = ingest_key
        address = platform.addresses["http"]
        fixed = {"Content-Type": "application/json"}
        self._door = Wire(address, {**fixed, "Authorization": f"Bearer {ingest_key}"})
        self._view = Wire(address, {**fixed, "Authorization": f"Bearer {reading_key}"})
        self._users = users
        self._run = f"{time.time_ns():x}"
        self._calls = 0

    async def freshness(self, seconds: float, user: str = "") -> Latencies:
        """Acknowledged until a read that asks for it is complete: touchpoint, journey and scores. Of one user's calls, or of
        all in turn."""
        return await self._probe(seconds, lambda: self._until_complete(user))

    async def ringing(self, seconds: float) -> Latencies:
        """Sent until a look-up by the call's id knows it."""
        return await self._probe(seconds, self._until_known)

    async def _probe(self, seconds: float, one: Callable[[], Awaitable[float]]) -> Latencies:
        found = Latencies()

        async def timed() -> None:
            found.seconds.append(await one())

        ends = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < ends:
                group.create_task(timed())
                await asyncio.sleep(EVERY_S)
        return found

    async def _until_complete(self, user: str = "") -> float:
        user, _, position = await self._call(user)
        begun = time.monotonic()
        asked = {
            "identifier": {"type": "user_id", "namespace": SOURCE, "value": user},
            "consistency": {"at_least": position, "wait_ms": 1000},
        }
        while (await self._look_up(asked))["age"].get("updating"):
            pass
        return time.monotonic() - begun

    async def _until_known(self) -> float:
        begun = time.monotonic()
        _, call, _ = await self._call()
        while not await self._is_known(call):  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.02)
        return time.monotonic() - begun

    async def _is_known(self, call: str) -> bool:
        try:
            found = await self._look_up({"contact": {"contact_id": call, "namespace": SOURCE}})
        except Refused as answer:
            if answer.status != 404:
                raise
            return False
        return bool(found.get("contact", {}).get("state"))

    async def _call(self, user: str = "") -> tuple[str, str, str]:
        """(user, call, position) of a call that is offered now."""
        self._calls += 1
        call = f"{self._run}-{self._calls}"
        user = user or self._users[self._calls % len(self._users)]
        properties = {
            "contact_id": call,
            "channel": "voice",
            "direction": "inbound",
            "stated_reason": "aid_status",
        }
        event = {
            "type": "track",
            "event": "Contact Offered",
            "messageId": call,
            "userId": user,
            "timestamp": datetime.now(UTC).isoformat(),
            "properties": properties,
        }
        answer = json.loads(await self._door("POST", "/v1/batch", json.dumps({"batch": [event]}).encode()))
        if answer["accepted"] != 1:
            raise RuntimeError(f"the probe was refused: {answer['errors'][0]['reason']}")
        return user, call, answer["position"]

    async def _look_up(self, asked: Mapping[str, object]) -> dict[str, dict[str, object]]:
        body = json.dumps({**asked, "actor": "bench"}).encode()
        found: dict[str, dict[str, object]] = json.loads(await self._view("POST", "/v1/lookup", body))
        return found


async def prober(platform: Platform, api: PublicApi, reading_key: str, customers: int = 50) -> Prober:
    """With a source and customers of its own."""
    await api.put_source(
        {"source_id": SOURCE, "namespace": SOURCE, "trust": "TRUST_TRUSTED", "default_channel": "voice"}
    )
    _, key = await api.create_key("bench", ["ingest"], SOURCE)
    return Prober(platform, reading_key, key, [f"probe-{n}" for n in range(customers)])


def freshness_figures(name: str, found: Latencies) -> list[Figure]:
    """With what issue 4 asks of it."""
    return [
        at_most(f"{name}, p50", found.ms(0.5) / 1000, "s", 0.5, n=len(found)),
        at_most(f"{name}, p95", found.ms(0.95) / 1000, "s", 1.5, n=len(found)),
    ]


def ringing_figure(found: Latencies) -> Figure:
    """A call's first event until the look-up by its id shows it."""
    return at_most(
        "call's first event until look-up shows it, p95", found.ms(0.95) / 1000, "s", 1.0, n=len(found)
    )
