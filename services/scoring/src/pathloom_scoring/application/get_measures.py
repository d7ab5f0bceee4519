"""Get measures over a selection, by groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pathloom_kit.clock import Clock

from pathloom_scoring.application.ports import FactSums, Freshness
from pathloom_scoring.domain.intervals import Estimate
from pathloom_scoring.domain.measures import Family, Measure, Parameters, chosen
from pathloom_scoring.domain.measures.sums import Sums
from pathloom_scoring.domain.selection import GroupBy, Selection

# What these rest on is known touchpoint by touchpoint only; a bounded journey leaves some out.
_SEEN_ONE_BY_ONE = (Family.TOUCHPOINTS, Family.HANDLINGS, Family.FOLLOW_UPS, Family.ANSWERS)


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of a group. `coverage` includes what bounded journeys left out."""

    name: str
    group_by: GroupBy
    group: str
    unit: str
    definition: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class GetMeasures:
    """Measures are functions of sums, and sums come from the store: one query for each family asked for."""

    facts: FactSums
    freshness: Freshness
    clock: Clock

    async def __call__(
        self, selection: Selection, names: Sequence[str], group_by: GroupBy, parameters: Parameters
    ) -> tuple[Measured, ...]:
        """One for each measure and group; a group that a measure has no case in is there, unset. Without any case
        there is no group. UnknownMeasure names an unknown one."""
        measures = chosen(names)
        now = self.clock.now()
        families = tuple(dict.fromkeys(measure.family for measure in measures))
        sums = {
            family: await self.facts.sums(family, selection, group_by, parameters, now) for family in families
        }
        shown = await self.facts.shown_share(selection)
        groups = sorted({group for by_group in sums.values() for group in by_group})
        if group_by is GroupBy.NOTHING:
            groups = [""]
        return tuple(
            _measured(measure, group_by, group, sums[measure.family].get(group), parameters, shown)
            for measure in measures
            for group in groups
        )

    async def as_of(self) -> datetime | None:
        """The age of what is measured."""
        return await self.freshness.as_of()


def _measured(
    measure: Measure, group_by: GroupBy, group: str, sums: Sums | None, parameters: Parameters, shown: float
) -> Measured:
    estimate = measure.compute(measure.family.value() if sums is None else sums)
    if measure.family in _SEEN_ONE_BY_ONE and shown < 1:
        estimate = replace(
            estimate, coverage=(1.0 if estimate.coverage is None else estimate.coverage) * shown
        )
    return Measured(measure.name, group_by, group, measure.unit, measure.definition(parameters), estimate)
