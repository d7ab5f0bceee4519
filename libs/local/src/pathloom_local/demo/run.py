"""The demo's steps on a running platform: declare, send, wait, ring, look up, compare."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pathloom.gateway.v1 import admin_pb2, view_pb2
from pathloom_simulator import Config, college

from pathloom_local.api.client import PublicApi, Taken
from pathloom_local.api.sender import Batch, Outgoing, batches, send
from pathloom_local.demo.compare import Comparison, compare
from pathloom_local.demo.history import Play, declare
from pathloom_local.demo.said import said_by
from pathloom_local.demo.truth import identifiers_of, truth_of
from pathloom_local.errors import LocalError, StepFailed
from pathloom_local.report import Reporter

SETTLE_S = 1800.0
RING_S = 30.0


@dataclass(frozen=True, slots=True)
class Ringing:
    """The call as it was found, and how long that took."""

    found: view_pb2.LookUpResponse
    accepted_s: float
    """From handing over the call's first event until the door had it durable."""
    shown_s: float
    """From handing over the call's first event until a look-up by the call showed the caller."""
    look_up_s: float
    """That last look-up alone."""


class Demo:
    """One demo on one platform. Steps are told to the reporter."""

    def __init__(self, api: PublicApi, report: Reporter, seed: int, touchpoints: int, now: datetime) -> None:
        self._api, self._report = api, report
        self._play = Play(Config(college(), now.replace(microsecond=0), seed, touchpoints))
        self._keys: dict[str, str] = {}
        self._later = timedelta()
        self.sent = 0
        self.seconds = 0.0

    @property
    def call(self) -> str:
        """The id of the call that rings."""
        return self._play.call

    def tell_to(self, report: Reporter) -> None:
        """Whom to tell from now on."""
        self._report = report

    async def prepare(self) -> None:
        """Declare the sources and make their keys."""
        step = "Sources and keys"
        self._report.begin(step)
        self._keys = await declare(self._api, self._play.config)
        self._report.done(step, f"{len(self._keys)} sources")

    async def history(self) -> None:
        """Send everything before now. Raises StepFailed when an event is refused."""
        step = "History through the ingest door"
        self._report.begin(step)
        begun = time.monotonic()

        def answered(batch: Batch, taken: Taken) -> None:
            if taken.errors:
                first = taken.errors[0]
                raise StepFailed(
                    f"the platform refused {len(taken.errors)} events, the first for {first['reason']} {first['detail']}"
                )
            self.sent += taken.accepted
            rate = self.sent / max(time.monotonic() - begun, 0.001)
            self._report.tell(step, f"{self.sent} of {max(self._play.count, self.sent)} events, {rate:.0f}/s")

        await send(self._api, batches(self._play.history(self._keys)), answered)
        self.seconds = time.monotonic() - begun
        self._report.done(step, f"{self.sent} events, {self.sent / self.seconds:.0f}/s")

    async def settle(self, step: str = "Customers, journeys and scores") -> None:
        """Wait until everything accepted is in the view. Raises StepFailed when something is set aside or time is up."""
        self._report.begin(step)
        begun = time.monotonic()
        while True:
            status = await self._api.status()
            self._report.tell(step, _progress(status))
            if status.parked or status.quarantined:
                raise StepFailed(
                    f"{status.parked} entries are parked and {status.quarantined} events in quarantine"
                )
            if status.settled:
                break
            if time.monotonic() - begun > SETTLE_S:
                raise StepFailed(
                    f"not everything was in the view after {SETTLE_S:.0f} s: {_progress(status)}"
                )
            await asyncio.sleep(0.5)
        self._report.done(
            step,
            f"{status.customers} customers, {status.journeys} journeys, {time.monotonic() - begun:.0f} s later",
        )

    async def ring(self) -> Ringing:
        """Let the call ring, and look its caller up by the call, as an agent desktop would. Raises StepFailed."""
        step = "A call rings"
        self._report.begin(step)
        events, self._later = self._play.ringing(self._keys, datetime.now(UTC))
        begun = time.monotonic()
        position = await self._send(events)
        accepted = time.monotonic() - begun
        body = {
            "contact": {"contact_id": self.call, "namespace": "telephony"},
            "consistency": {"at_least": position, "wait_ms": 1000},
            "actor": "demo-agent",
        }
        while True:
            asked = time.monotonic()
            found = await self._api.look_up(body)
            now = time.monotonic()
            if found.outcome == view_pb2.LOOK_UP_OUTCOME_ONE and not found.contact.updating:
                break
            if now - begun > RING_S:
                outcome = view_pb2.LookUpOutcome.Name(found.outcome)
                raise StepFailed(f"after {RING_S:.0f} s of ringing the look-up still answers {outcome}")
            await asyncio.sleep(0.05)
        self._report.done(step, f"caller known after {(now - begun) * 1000:.0f} ms")
        return Ringing(found, accepted, now - begun, now - asked)

    async def go_on(self, after_s: float) -> None:
        """After some ringing the agent answers, and some minutes later the call ends: for whoever watches the console."""
        await asyncio.sleep(after_s)
        begun = datetime.now(UTC)
        for at, event in self._play.goes_on(self._keys, begun, self._later):
            await asyncio.sleep(max(0.0, (begun + at - datetime.now(UTC)).total_seconds()))
            await self._send([event])

    async def compare(self) -> Comparison:
        """Read everything back through the public API and compare it with the truth."""
        step = "Compared with the truth"
        self._report.begin(step)
        types = {source.namespace: source.user_id_type for source in self._play.config.company.sources}
        identifiers = identifiers_of(self._play.truth, types)
        said = await said_by(
            self._api, identifiers, lambda there, total: self._report.tell(step, f"{there} of {total} read")
        )
        found = compare(truth_of(self._play.truth, {self.call: self._later}), said)
        self._report.done(step, "it holds" if found.holds else "it does not hold")
        return found

    async def _send(self, events: list[Outgoing]) -> str:
        """The position after the last of them."""
        positions: list[str] = []

        def answered(batch: Batch, taken: Taken) -> None:
            if taken.errors:
                raise LocalError(f"the platform refused an event of the call: {taken.errors[0]['reason']}")
            positions.append(taken.position)

        await send(self._api, batches(events), answered, under_way=1)
        return positions[-1]


def _progress(status: admin_pb2.GetStatusResponse) -> str:
    behind = sum(lag.head - lag.applied for lag in status.feeds if lag.head > lag.applied)
    waiting = f", {behind} entries to go" if behind else ""
    return f"{status.customers} customers, {status.journeys} journeys{waiting}"
