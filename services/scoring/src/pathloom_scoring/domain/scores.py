"""The scores of a journey, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Basis(Enum):
    """What a satisfaction rests on."""

    ANSWERED = "answered"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One named part of a score: `points` of the score for `amount` of `unit`."""

    signal: str
    points: float
    amount: float
    unit: str
    touchpoint_id: str = ""


@dataclass(frozen=True, slots=True)
class Friction:
    """How hard a journey was; the sum of its contributions, never below 0."""

    points: float
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """How it felt on 0..100, with a 95 % interval. (base or 0) + contributions = the value before it is bounded."""

    basis: Basis
    value: float | None = None
    low: float | None = None
    high: float | None = None
    base: float | None = None
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """Both, of one journey, and the weights they were made with."""

    friction: Friction
    satisfaction: Satisfaction
    model: str
