"""What the simulator takes and what it gives: plain values."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Truth = dict[str, Any]
"""A line of the truth: `is` says what kind of line (person, journey, touchpoint, promise, survey, cause)."""


def iso(ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 with milliseconds, UTC."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment.isoformat()[:19]}.{ms % 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """As pathloom.identity.v1.IdentifierRule."""

    field: str
    type: str
    joins: bool = False
    priority: int = 100
    limit: int = 0
    namespaced: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """As pathloom.identity.v1.Source; `trust` is claimed, trusted or authoritative."""

    source_id: str
    name: str
    namespace: str
    user_id_type: str = ""
    identifiers: tuple[IdentifierRule, ...] = ()
    trust: str = "trusted"
    default_channel: str = ""
    test: bool = False
    region: str = "US"


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as a system of the company hands it over.

    `message` is one entry of a Segment batch, without `sentAt` (history would be moved to now by it). It happened at
    `occurred_ms` and is delivered `delay_s` seconds later.
    """

    source_id: str
    method: str
    message: Mapping[str, Any]
    occurred_ms: int
    delay_s: float = 0.0

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""
        return datetime.fromtimestamp(self.occurred_ms / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages get out of order: shares of all messages, and by how much."""

    late: float = 0.01
    late_s: float = 6 * 3600.0
    shuffled: float = 0.02
    shuffled_s: float = 90.0
    repeated: float = 0.005


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase of a goal, with everything by which its touchpoints can be told."""

    key: str
    pages: tuple[str, ...]
    steps: tuple[str, ...]
    codes: tuple[str, ...]
    stated: tuple[str, ...]
    intent: str


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that people come for. `solve` is how likely an attempt in a channel settles a stage."""

    key: str
    label: str
    share: float
    stages: tuple[Stage, ...]
    menu_choice: str
    queue: str
    department: str
    first_channel: Mapping[str, float]
    solve: Mapping[str, float]
    step_fails: float


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent; `passes_on` is how likely a call is transferred by them."""

    agent_id: str
    department: str
    level: str
    passes_on: float = 0.14


@dataclass(frozen=True, slots=True)
class Site:
    """A place of the company. `wait_factor` stretches its queues; `own_leg_ids`: its telephony gives each leg a contact id."""

    name: str
    wait_factor: float = 1.0
    own_leg_ids: bool = False


@dataclass(frozen=True, slots=True)
class Outage:
    """A planted cause: steps fail with this probability on this device for some days of the history (shares of it)."""

    key: str
    step: str
    device: str
    begins: float
    ends: float
    step_fails: float


@dataclass(frozen=True, slots=True)
class Names:
    """What people and places are called."""

    first: tuple[str, ...]
    nicknames: Mapping[str, str]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    languages: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Company:
    """A company that can be simulated."""

    key: str
    sources: tuple[Source, ...]
    goals: tuple[Goal, ...]
    sites: tuple[Site, ...]
    agents: tuple[Agent, ...]
    outages: tuple[Outage, ...]
    names: Names
    first_queue: str
    first_department: str
    other_department: str
    other_queue: str
    guardian_policy: str
    switchboard: str
    hotline: str
    student_domain: str
    private_domain: str

    def source(self, source_id: str) -> Source:
        """The source with this id; KeyError where there is none."""
        for source in self.sources:
            if source.source_id == source_id:
                return source
        raise KeyError(source_id)


@dataclass(frozen=True, slots=True)
class Config:
    """One run. `touchpoints` is how many there are at least (households are made whole)."""

    company: Company
    now: datetime
    seed: int = 1
    touchpoints: int = 3000
    weeks: int = 8
    delivery: Delivery = field(default_factory=Delivery)
    with_scenario: bool = True
    placeholder_ids: float = 0.01

    @property
    def now_ms(self) -> int:
        """Now, in milliseconds since 1970."""
        return round(self.now.timestamp() * 1000)

    @property
    def begin_ms(self) -> int:
        """Where history begins."""
        return self.now_ms - self.weeks * 7 * DAY

    @property
    def run(self) -> str:
        """Part of every id of a run: another seed or another now makes other ids, so two runs never collide."""
        said = f"{self.company.key}:{self.seed}:{self.now_ms}"
        return hashlib.blake2b(said.encode(), digest_size=4).hexdigest()
