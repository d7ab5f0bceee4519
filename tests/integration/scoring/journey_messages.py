"""Journeys as journey-graph would send them, made by hand, and what a follower does with them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Watermark
from pathloom_scoring.adapters.score_store import JOURNEYS_FEED, PgScoreStore

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def contact(key: str, start: datetime, **what: Any) -> pb.Touchpoint:
    """An inbound call that was offered, answered after 10 s and resolved, unless said otherwise."""
    given: dict[str, Any] = {
        "kind": pb.TOUCHPOINT_KIND_CONTACT,
        "channel": "voice",
        "direction": "inbound",
        "touch": pb.TOUCH_CUSTOMER_ACTIVE,
        "offered": True,
        "answered": True,
        "answer_wait_s": 10.0,
        "waiting_s": 10.0,
        "outcome": pb.OUTCOME_RESOLVED,
        "queue": "aid",
        "department": "Aid",
        "coded_reasons": ["status"],
        "cost": 7.5,
        "contact_id": key,
    } | what
    given = {name: value for name, value in given.items() if value is not None}
    point = pb.Touchpoint(touchpoint_id=key, **given)
    point.start.FromDatetime(start)
    point.end.FromDatetime(start + timedelta(minutes=5))
    return point


def survey(key: str, start: datetime, *answers: pb.Answer) -> pb.Touchpoint:
    """A survey with its answers."""
    point = pb.Touchpoint(
        touchpoint_id=key,
        kind=pb.TOUCHPOINT_KIND_SURVEY,
        channel="survey",
        touch=pb.TOUCH_BRAND_ACTIVE,
        answers=answers,
    )
    point.start.FromDatetime(start)
    return point


def answer(scale: str, value: float, at: datetime, about: str = "contact", about_id: str = "") -> pb.Answer:
    """On its standard scale."""
    said = pb.Answer(scale=scale, value=value, about=about, about_id=about_id)
    said.at.FromDatetime(at)
    return said


def promise(
    key: str, due: datetime, kept: datetime | None = None, broken: datetime | None = None
) -> pb.Promise:
    """A promise."""
    made = pb.Promise(promise_id=key)
    made.due_at.FromDatetime(due)
    if kept is not None:
        made.kept_at.FromDatetime(kept)
    if broken is not None:
        made.broken_at.FromDatetime(broken)
    return made


def journey(key: str, points: Sequence[pb.Touchpoint], **what: Any) -> pb.Journey:
    """A journey of these touchpoints."""
    given: dict[str, Any] = {
        "customer_id": f"cus_{key}",
        "goal": "aid",
        "goal_label": "Where is my aid",
        "state": pb.JOURNEY_STATE_IN_PROGRESS,
    } | what
    made = pb.Journey(journey_id=key, touchpoints=points, **given)
    if points:
        made.opened_at.CopyFrom(points[0].start)
        made.last_at.CopyFrom(points[-1].start)
    return made


def entry(n: int, version: int, made: pb.Journey | str) -> pb.JourneyEntry:
    """An entry; a plain id: withdrawn."""
    if isinstance(made, str):
        return pb.JourneyEntry(n=n, version=version, journey_id=made)
    return pb.JourneyEntry(n=n, version=version, journey_id=made.journey_id, journey=made)


class Feeder:
    """Applies pages as a follower would, keeping the cursor."""

    def __init__(self, store: PgScoreStore, epoch: str = "e1") -> None:
        self.store = store
        self.epoch = epoch

    async def apply(
        self, *entries: pb.JourneyEntry, lane: Lane = Lane.LIVE, watermarks: Sequence[Watermark] = ()
    ) -> None:
        """One page after what was applied before."""
        cursors = await self.store.cursors(JOURNEYS_FEED)
        at = cursors.get((0, lane), Cursor("", 0, lane, 0))
        new = Cursor(self.epoch, 0, lane, max([at.n, *(one.n for one in entries)]))
        await self.store.apply(JOURNEYS_FEED, entries, at, new, watermarks)

    async def journeys(self, *made: pb.Journey, lane: Lane = Lane.LIVE) -> None:
        """One page of journeys, each at version 1, numbered on."""
        cursors = await self.store.cursors(JOURNEYS_FEED)
        n = cursors[(0, lane)].n if (0, lane) in cursors else 0
        await self.apply(*(entry(n + k, 1, one) for k, one in enumerate(made, 1)), lane=lane)
