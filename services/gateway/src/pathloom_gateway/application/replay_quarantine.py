"""Putting refused events through acceptance again: judged here as when they came, then taken by identity."""

import json
from dataclasses import dataclass

from pathloom.identity.v1 import events_pb2
from pathloom_kit.clock import Clock

from pathloom_gateway.application.ports import EventLog
from pathloom_gateway.domain.quarantined import skew_of, subject_kept
from pathloom_gateway.domain.sent_event import Judge, Refused, Sent


@dataclass(frozen=True, slots=True)
class ReplayQuarantine:
    """An event that this version would still refuse stays, and the answer says why."""

    event_log: EventLog
    judge: Judge
    clock: Clock

    async def __call__(
        self, request: events_pb2.ReplayQuarantineRequest
    ) -> events_pb2.ReplayQuarantineResponse:
        """Results in the order of the request."""
        asked = events_pb2.ListQuarantineRequest(page_size=500, quarantine_ids=request.quarantine_ids)
        known = {found.quarantine_id: found for found in (await self.event_log.list_quarantine(asked)).events}
        refused = {name: self._still_refused(found.refused) for name, found in known.items()}
        again = [name for name in request.quarantine_ids if refused.get(name) is None]
        taken = {}
        if again:
            answer = await self.event_log.replay_quarantine(
                events_pb2.ReplayQuarantineRequest(quarantine_ids=again)
            )
            taken = dict(zip(again, answer.results, strict=True))
        return events_pb2.ReplayQuarantineResponse(
            results=[refused.get(name) or taken[name] for name in request.quarantine_ids]
        )

    def _still_refused(self, kept: events_pb2.Refused) -> events_pb2.RecordResult | None:
        try:
            content = json.loads(kept.original)
        except (ValueError, RecursionError):
            return _result("MALFORMED", "", "is not JSON")
        if isinstance(content, dict) and "receivedAt" in content:
            return None  # refused by identity, which judges it itself
        skew = skew_of(content) if isinstance(content, dict) else None
        sent = Sent(content, kept.original, len(kept.original))
        try:
            taken = self.judge.judge(sent, self.clock.now(), skew, None)
        except Refused as refused:
            return _result(refused.reason, refused.field, refused.detail)
        if taken.subject != subject_kept(content):
            # Kept by a version that took it for a customer's: replayed as it is, the agent would become one.
            return _result("MALFORMED", "", "is kept as a customer's and belongs to none: send it again")
        return None


def _result(reason: str, field: str, detail: str) -> events_pb2.RecordResult:
    return events_pb2.RecordResult(
        status=events_pb2.RECORD_STATUS_QUARANTINED, reason=reason, field=field, detail=detail
    )
