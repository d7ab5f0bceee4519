"""What the use cases need of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pathloom_scoring.domain.measures.registry import Family, Parameters
from pathloom_scoring.domain.measures.sums import Sums
from pathloom_scoring.domain.selection import GroupBy, Having, Selection


class FactSums(Protocol):
    """Sums over the facts of a selection."""

    async def sums(
        self,
        family: Family,
        selection: Selection,
        group_by: GroupBy,
        parameters: Parameters,
        now: datetime,
    ) -> Mapping[str, Sums]:
        """The sums of each group that has a fact; without grouping the one group "". Every fact of the selection is
        in exactly one group; what has no value to group by is in NO_GROUP. `now` decides what is over or due."""
        ...

    async def shown_share(self, selection: Selection) -> float:
        """0 to 1: of the touchpoints selected, how many are known one by one. The others were left out of bounded
        journeys and only counted; those that may lie in the selection count as in it."""
        ...


class Freshness(Protocol):
    """How old what is measured is."""

    async def as_of(self) -> datetime | None:
        """Everything that journey-graph had sent by then is reflected; None: nothing ever was."""
        ...


@dataclass(frozen=True, slots=True)
class ListedJourney:
    """A journey in a list. `satisfaction` is the stored message of the contract, handed through."""

    journey_id: str
    customer_id: str
    goal_label: str
    state: str
    opened_at: datetime | None
    last_at: datetime
    channels: Sequence[str]
    touchpoints: int
    friction: float
    satisfaction: bytes


@dataclass(frozen=True, slots=True)
class After:
    """The last journey of the page before."""

    last_at: datetime
    journey_id: str


class ScoredJourneys(Protocol):
    """The journeys behind a number."""

    async def newest(
        self,
        selection: Selection,
        having: Having,
        parameters: Parameters,
        now: datetime,
        after: After | None,
        limit: int,
    ) -> Sequence[ListedJourney]:
        """At most `limit`, by (last_at, journey_id) descending, those after `after`."""
        ...

    async def count(self, selection: Selection, having: Having, parameters: Parameters, now: datetime) -> int:
        """How many in all."""
        ...
