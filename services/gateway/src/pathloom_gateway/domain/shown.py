"""In which journey a touchpoint is shown, while a re-cut is under way: always in one, never in two.

Journeys arrive one by one. After a merge, a split or a re-cut a touchpoint can stand for a while in an older journey and
in a newer one; and a journey can be withdrawn before the one that takes over its touchpoints has come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """A journey that holds a touchpoint.

    `present`: the customer it names still stands for itself; `lag`: how many versions that customer has moved on
    since; `withdrawn`: upstream has taken it back.
    """

    journey_id: str
    present: bool
    lag: int
    withdrawn: bool
    generation: int
    version: int


def winner(claims: Iterable[Claim]) -> str:
    """The id of the journey that shows the touchpoint.

    One that stands goes before one that was withdrawn, one of a customer that still is before one of a customer that
    is now another, then the one made from the newer state of its customer. The rest only makes the choice the same
    everywhere.
    """
    best = min(
        claims,
        key=lambda one: (
            one.withdrawn,
            not one.present,
            one.lag,
            -one.generation,
            -one.version,
            one.journey_id,
        ),
    )
    return best.journey_id


def hidden_touchpoints(contested: Mapping[str, Iterable[Claim]]) -> dict[str, set[str]]:
    """For each journey the touchpoints that it holds but another one shows."""
    hidden: dict[str, set[str]] = {}
    for touchpoint, claims in contested.items():
        held = list(claims)
        shown_by = winner(held)
        for claim in held:
            if claim.journey_id != shown_by:
                hidden.setdefault(claim.journey_id, set()).add(touchpoint)
    return hidden
