"""A journey as scoring needs it: plain values, times aware UTC, durations in seconds, None = not measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Kind(Enum):
    """What kind of interaction a touchpoint is."""

    UNKNOWN = "unknown"
    CONTACT = "contact"
    VISIT = "visit"
    SURVEY = "survey"
    MESSAGE = "message"
    EVENT = "event"


class Touch(Enum):
    """Who touches whom."""

    UNKNOWN = ""
    CUSTOMER_ACTIVE = "customer_active"
    CUSTOMER_PASSIVE = "customer_passive"
    BRAND_ACTIVE = "brand_active"
    BRAND_PASSIVE = "brand_passive"


class Outcome(Enum):
    """How a touchpoint ended."""

    UNKNOWN = "unknown"
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    ABANDONED = "abandoned"
    CONTAINED = "contained"
    FAILED = "failed"
    ENDED = "ended"


class State(Enum):
    """Where a journey stands."""

    UNKNOWN = "unknown"
    IN_PROGRESS = "in_progress"
    REACHED = "reached"
    GIVEN_UP = "given_up"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Handling:
    """One unbroken stretch of one agent on a contact, from answer to the end of after-call work."""

    department: str = ""
    start: datetime | None = None
    end: datetime | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    acw_s: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one survey question; `about` is contact, journey, relationship or empty (not said)."""

    scale: str
    value: float
    scale_min: float = 0.0
    scale_max: float = 0.0
    about: str = ""
    about_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised; kept_at and broken_at unset: nothing said so (yet)."""

    promise_id: str
    due_at: datetime | None = None
    made_at: datetime | None = None
    kept_at: datetime | None = None
    broken_at: datetime | None = None
    touchpoint_id: str = ""

    def broken(self, known_until: datetime | None) -> bool:
        """Said to be broken, kept after it was due, or due before `known_until` and not kept.

        Needs no clock: `known_until` is the last that the journey tells of, so the answer changes with events only.
        """
        if self.broken_at is not None:
            return True
        if self.due_at is None:
            return False
        if self.kept_at is not None:
            return self.kept_at > self.due_at
        return known_until is not None and known_until > self.due_at

    @property
    def kept_in_time(self) -> bool:
        """Kept, and not late."""
        return self.kept_at is not None and not self.broken(None)


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One interaction."""

    touchpoint_id: str
    kind: Kind = Kind.CONTACT
    channel: str = ""
    direction: str = ""
    touch: Touch = Touch.UNKNOWN
    start: datetime | None = None
    end: datetime | None = None
    ongoing: bool = False
    outcome: Outcome = Outcome.UNKNOWN
    leg_kinds: tuple[str, ...] = ()
    handlings: tuple[Handling, ...] = ()
    stated_reasons: tuple[str, ...] = ()
    coded_reasons: tuple[str, ...] = ()
    derived_reason: str = ""
    waiting_s: float | None = None
    talking_s: float | None = None
    hold_s: float | None = None
    self_service_s: float | None = None
    answer_wait_s: float | None = None
    offered: bool = False
    answered: bool = False
    short_call: bool = False
    transfers: int = 0
    repeats: int = 0
    policy_blocks: int = 0
    steps_failed: int = 0
    steps_done: int = 0
    answers: tuple[Answer, ...] = ()
    cost: float | None = None
    hop: bool = False
    contact_ids: tuple[str, ...] = ()
    department: str = ""
    queue: str = ""
    test: bool = False

    @property
    def reason(self) -> str:
        """Coded, else stated, else derived; empty: none known."""
        return next(iter((*self.coded_reasons, *self.stated_reasons)), "") or self.derived_reason

    @property
    def inbound_contact(self) -> bool:
        """A contact that the customer began: not said to be outbound, not begun by the brand."""
        return (
            self.kind is Kind.CONTACT
            and self.direction != "outbound"
            and self.touch not in (Touch.BRAND_ACTIVE, Touch.BRAND_PASSIVE)
        )


@dataclass(frozen=True, slots=True)
class Omitted:
    """What a bounded journey leaves out, counted; sums are of what was measured."""

    touchpoints: int = 0
    by_channel: Mapping[str, int] = field(default_factory=dict)
    waiting_s: float = 0.0
    hold_s: float = 0.0
    cost: float = 0.0
    abandoned: int = 0
    failed_steps: int = 0
    transfers: int = 0
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Journey:
    """The touchpoints of one customer towards one goal, oldest first, bounded; the rest is in `omitted`."""

    journey_id: str
    customer_id: str = ""
    goal: str = ""
    goal_label: str = ""
    state: State = State.UNKNOWN
    opened_at: datetime | None = None
    last_at: datetime | None = None
    closed_at: datetime | None = None
    touchpoints: tuple[Touchpoint, ...] = ()
    omitted: Omitted = Omitted()
    promises: tuple[Promise, ...] = ()
    not_first_contact_resolvable: bool = False
    test: bool = False

    @property
    def known_until(self) -> datetime | None:
        """The last instant that the journey tells of: its closing, else its last touchpoint."""
        return self.closed_at or self.last_at

    @property
    def touchpoint_count(self) -> int:
        """All of them, shown or not."""
        return len(self.touchpoints) + self.omitted.touchpoints
