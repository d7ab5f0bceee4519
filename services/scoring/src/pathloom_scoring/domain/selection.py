"""Which journeys and touchpoints are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class GroupBy(Enum):
    """What the measures are grouped by."""

    NOTHING = ""
    CHANNEL = "channel"
    REASON = "reason"
    QUEUE = "queue"
    DEPARTMENT = "department"
    GOAL = "goal"
    TOUCH = "touch"


class Having(Enum):
    """What the journeys behind a number have in common."""

    ANYTHING = ""
    CONTACT = "contact"
    ABANDONED = "abandoned"
    TRANSFERRED = "transferred"
    HOPPED = "hopped"
    REPEATED = "repeated"
    OVERDUE_PROMISE = "overdue_promise"
    BROKEN_PROMISE = "broken_promise"
    DETRACTOR = "detractor"
    PROMOTER = "promoter"
    CONTAINED = "contained"


NO_GROUP = "(none)"
"""The group of what has no channel, reason, … known, so that the groups sum to the whole."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Empty and None: all; NO_GROUP: what has no value there. `begin` ≤ time < `end`: of a touchpoint its start, of an answer when it was given, of a
    promise when it is due. A journey is meant when one of its touchpoints is."""

    goal: str = ""
    begin: datetime | None = None
    end: datetime | None = None
    channel: str = ""
    queue: str = ""
    department: str = ""
    reason: str = ""
    touch: str = ""
    include_test: bool = False
