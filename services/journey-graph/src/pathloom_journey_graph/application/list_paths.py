"""Variants and transitions over the journeys that a filter lets through."""

from dataclasses import dataclass
from typing import Protocol

from pathloom_journey_graph.domain.paths import Path, Transitions, Variants, transitions, variants


@dataclass(frozen=True, slots=True)
class PathFilter:
    """Which journeys (opened in [from, before), microseconds), and what names a step: channel, department or stage."""

    by: str = "channel"
    goal: str = ""
    opened_from: int = -(2**62)
    opened_before: int = 2**62
    include_test: bool = False


class Paths(Protocol):
    """Where paths are read."""

    async def paths(self, wanted: PathFilter) -> list[Path]:
        """Journeys counted by the steps they took and whether they ended; every journey is in exactly one row."""
        ...


@dataclass(frozen=True, slots=True)
class ListVariants:
    """Distinct paths."""

    paths: Paths

    async def __call__(self, wanted: PathFilter, limit: int) -> Variants:
        """Most travelled first, at most `limit`; the rest is counted."""
        return variants(await self.paths.paths(wanted), limit)


@dataclass(frozen=True, slots=True)
class ListTransitions:
    """Steps to the next."""

    paths: Paths

    async def __call__(self, wanted: PathFilter, limit: int) -> Transitions:
        """Most travelled first, at most `limit`; the rest is counted."""
        return transitions(await self.paths.paths(wanted), limit)
