"""The plain values of the journey graph. Instants are microseconds since 1970 (UTC), durations are seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from operator import attrgetter
from typing import Any

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Relations that make two contact ids one contact. `callback_of` only points.
FOLDING = frozenset({"transfer_of", "consult_for", "reply_to", "reconnect_of", "handover_from"})


class Kind(IntEnum):
    """What kind of interaction a touchpoint is; numbered as in the contract."""

    CONTACT = 1
    VISIT = 2
    SURVEY = 3
    MESSAGE = 4
    EVENT = 5


class Touch(IntEnum):
    """Who touches whom; numbered as in the contract."""

    NONE = 0
    CUSTOMER_ACTIVE = 1
    CUSTOMER_PASSIVE = 2
    BRAND_ACTIVE = 3
    BRAND_PASSIVE = 4


class Outcome(IntEnum):
    """How a touchpoint ended; numbered as in the contract."""

    UNKNOWN = 0
    RESOLVED = 1
    UNRESOLVED = 2
    ABANDONED = 3
    CONTAINED = 4
    FAILED = 5
    ENDED = 6


class JourneyState(IntEnum):
    """Where a journey stands; numbered as in the contract."""

    IN_PROGRESS = 1
    REACHED = 2
    GIVEN_UP = 3
    SILENT = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """An event as far as touchpoints are made of it. Record keys are texts: namespace|kind|id."""

    event_id: str
    source_id: str
    message_id: str
    type: str
    name: str
    key: str
    record: str
    contact: str
    at: int
    received: int
    props: Mapping[str, Any]
    channel: str
    test: bool = False
    epoch: str = ""
    """The epoch of the events feed that it was last read in."""

    def text(self, name: str) -> str:
        """A property as text; empty where it is missing or no scalar."""
        value = self.props.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        return ""

    def number(self, name: str) -> float | None:
        """A property as a finite number that is not negative, else None: not measured."""
        value = self.props.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return float(value) if 0 <= value < 1e12 else None

    def flag(self, name: str) -> bool | None:
        """A property that is true or false, else None: not said."""
        value = self.props.get(name)
        return value if isinstance(value, bool) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A property that is a list of texts (one text counts as a list of one)."""
        value = self.props.get(name)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value.strip(),) if value.strip() else ()
        if not isinstance(value, (list, tuple)):
            return ()
        return tuple(item.strip() for item in value if isinstance(item, str) and item.strip())


def namespace_of(record_key: str) -> str:
    """The namespace of a record key."""
    return record_key.split("|", 1)[0]


def id_of(record_key: str) -> str:
    """The id of a record key."""
    return record_key.split("|", 2)[2]


def contact_key(namespace: str, contact_id: str) -> str:
    """The key of a contact's record."""
    return f"{namespace}|contact|{contact_id}"


@dataclass(frozen=True, slots=True)
class Leg:
    """A phase of a contact. None is: not measured (times), or it lasts (end)."""

    kind: str
    leg_id: str
    contact_id: str
    queue: str
    department: str
    channel: str
    agent_id: str
    party: str
    level: str
    start: int
    end: int | None
    wait_s: float | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    acw_s: float | None = None
    codes: tuple[str, ...] = ()
    unanswered: bool = False
    wrapped_at: int | None = None


@dataclass(frozen=True, slots=True)
class Handling:
    """One unbroken stretch of one agent on a contact, from answer to the end of after-call work."""

    agent_id: str
    department: str
    start: int
    end: int | None
    talk_s: float | None
    hold_s: float | None
    acw_s: float | None
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of self-service."""

    step: str
    at: int
    failed: bool = False
    done: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one survey question."""

    scale: str
    value: float
    scale_min: float
    scale_max: float
    question: str
    verbatim: str
    about: str
    about_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One interaction, folded from its pieces. What a blueprint adds (reasons, cost, stage, hop) is set by the cut."""

    id: str
    kind: Kind
    namespace: str
    channel: str
    direction: str
    touch: Touch
    device: str
    title: str
    start: int
    end: int | None
    ongoing: bool
    outcome: Outcome
    legs: tuple[Leg, ...] = ()
    handlings: tuple[Handling, ...] = ()
    stated_reasons: tuple[str, ...] = ()
    coded_reasons: tuple[str, ...] = ()
    derived_reason: str = ""
    derived_confidence: float | None = None
    waiting_s: float | None = None
    talking_s: float | None = None
    hold_s: float | None = None
    self_service_s: float | None = None
    acw_s: float | None = None
    answer_wait_s: float | None = None
    offered: bool = False
    answered: bool = False
    short_call: bool = False
    transfers: int = 0
    repeats: int = 0
    policy_blocks: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    answers: tuple[Answer, ...] = ()
    note: str = ""
    codes: tuple[str, ...] = ()
    views: int = 0
    cost: float | None = None
    stage: str = ""
    hop: bool = False
    contact_id: str = ""
    contact_namespace: str = ""
    department: str = ""
    queue: str = ""
    verified: bool = False
    turns: int = 0
    events: int = 0
    folded_contact_ids: tuple[str, ...] = ()
    test: bool = False
    survey_unanswered: bool = False

    @property
    def last(self) -> int:
        """When it ended, or when it began where that is not known."""
        return self.start if self.end is None else max(self.start, self.end)

    def but(self, **changes: Any) -> "Touchpoint":
        """The same with these changes. (dataclasses.replace looks at every field's declaration, which costs four times that.)"""
        return Touchpoint(**{**dict(zip(_TOUCHPOINT, _touchpoint(self), strict=True)), **changes})


_TOUCHPOINT = tuple(one.name for one in fields(Touchpoint))
_touchpoint = attrgetter(*_TOUCHPOINT)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something said from which a goal, a stage or a completion can be told: what kind, which value, when last."""

    kind: str
    value: str
    at: int
    count: int = 1
    goal: str = ""


@dataclass(frozen=True, slots=True)
class PromisePiece:
    """A word about a promise: made, amended, kept or broken."""

    promise_id: str
    what_happened: str
    at: int
    order: str
    what: str = ""
    due_at: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class CasePiece:
    """A word about a case: opened, assigned, due_changed, escalated, contact_linked, reopened or closed."""

    case_id: str
    what_happened: str
    at: int
    order: str
    title: str = ""
    owner: str = ""
    due_at: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What pieces fold into, as the cut takes it: a touchpoint, or (touchpoint None) a mark, which is context.

    `start` and `last` bound its pieces that count in time. `ties` name what else belongs to it; items of one customer
    that share a tie are in one journey.
    """

    id: str
    record: str
    namespace: str
    start: int
    last: int
    touchpoint: Touchpoint | None
    signals: tuple[Signal, ...] = ()
    promises: tuple[PromisePiece, ...] = ()
    cases: tuple[CasePiece, ...] = ()
    ties: frozenset[str] = frozenset()
    test: bool = False

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands among a customer's items. Of the same moment the record decides before the id does: ids are
        keyed, so by them alone a graph with another key would put the same history in another order."""
        return (self.start, self.record, self.id)

    @property
    def moves(self) -> bool:
        """It carries a journey on: contacts, visits, messages and events do, surveys and marks do not."""
        return self.touchpoint is not None and self.touchpoint.kind is not Kind.SURVEY


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised, as all its pieces together say."""

    promise_id: str
    what: str
    due_at: int | None
    by: str
    made_at: int | None
    kept_at: int | None
    broken_at: int | None
    touchpoint_id: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case that a system keeps, as all its pieces together say."""

    case_id: str
    title: str
    opened_at: int | None
    due_at: int | None
    closed_at: int | None
    owner: str
    escalated: bool


@dataclass(frozen=True, slots=True)
class Journey:
    """The touchpoints of one customer towards one goal. `due` is the next instant at which time alone changes it."""

    id: str
    goal: str
    goal_label: str
    goal_from: str
    state: JourneyState
    stage: str
    opened_at: int
    last_at: int
    closed_at: int | None
    silent_after: int | None
    due: int | None
    touchpoints: tuple[Touchpoint, ...]
    promises: tuple[Promise, ...]
    cases: tuple[Case, ...]
    blueprint: str
    not_first_contact_resolvable: bool
    test: bool
    items: tuple[str, ...] = field(default=())
