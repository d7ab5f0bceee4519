"""Survey answers on their scales."""

from __future__ import annotations

from pathloom_scoring.domain.journeys import Answer

STANDARD_SCALES: dict[str, tuple[float, float]] = {"nps": (0.0, 10.0), "csat": (1.0, 5.0), "ces": (1.0, 7.0)}
"""Lowest and highest answer of the scales we know; CES is 2.0: 7 = "strongly agree that it was made easy"."""


def scale_of(answer: Answer) -> str:
    """nps, csat, ces or whatever the survey calls it, in small letters."""
    return answer.scale.strip().lower()


def share_of_scale(answer: Answer) -> float | None:
    """The answer on 0 (lowest) to 1 (highest); None: its scale is not one we know, or it lies outside of it.

    A source may ask on another width (CSAT of 1 to 10): then its own ends are used; without them the standard's.
    """
    standard = STANDARD_SCALES.get(scale_of(answer))
    if standard is None:
        return None
    low, high = (answer.scale_min, answer.scale_max) if answer.scale_max > answer.scale_min else standard
    if not low <= answer.value <= high:
        return None
    return (answer.value - low) / (high - low)


def standard_value(answer: Answer) -> float | None:
    """The answer on its scale's standard width (NPS 0 to 10, CSAT 1 to 5, CES 1 to 7); None as above."""
    share = share_of_scale(answer)
    if share is None:
        return None
    low, high = STANDARD_SCALES[scale_of(answer)]
    return low + share * (high - low)
