"""The weights of a model: explicit, versioned, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FRICTION_SIGNALS = (
    "wait",
    "wait_asynchronous",
    "hold",
    "abandon",
    "transfer",
    "repeat",
    "hop",
    "repeated_information",
    "failed_self_service",
    "policy_block",
    "broken_promise",
)
SATISFACTION_SIGNALS = (
    *FRICTION_SIGNALS,
    "kept_promise",
    "goal_reached",
    "given_up",
    "gone_silent",
    "last_unresolved",
    "last_resolved",
)


class BadWeights(ValueError):
    """A weights file that cannot be used; the text names the place."""


@dataclass(frozen=True, slots=True)
class Weight:
    """`points` for each `per` of `unit`; in size at most `at_most` (None: unbounded)."""

    unit: str
    per: float
    points: float
    at_most: float | None
    reason: str

    def worth(self, amount: float, times_bound: float = 1.0) -> float:
        """Points for `amount`; the bound counts `times_bound` times (for sums over several touchpoints)."""
        points = amount / self.per * self.points
        if self.at_most is None:
            return points
        bound = self.at_most * times_bound
        return max(-bound, min(bound, points))


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything that decides a score, apart from the journey."""

    name: str
    version: int
    asynchronous_channels: frozenset[str]
    friction: Mapping[str, Weight]
    satisfaction: Mapping[str, Weight]
    base: float
    estimate_sd: float
    answer_sd: float
    contact_to_journey_sd: float

    @property
    def model(self) -> str:
        """Name and version, e.g. "shipped@1"."""
        return f"{self.name}@{self.version}"


def parse_weights(data: Mapping[str, Any]) -> Weights:
    """Weights from the parsed file. Raises BadWeights that names what is missing, unknown or of the wrong form."""
    satisfaction = _mapping(data, "satisfaction")
    return Weights(
        name=_text(data, "name", "name"),
        version=int(_number(data, "version", "version")),
        asynchronous_channels=frozenset(str(channel) for channel in data.get("asynchronous_channels", ())),
        friction=_weights(_mapping(data, "friction"), FRICTION_SIGNALS, "friction", negative=False),
        satisfaction=_weights(
            _mapping(satisfaction, "signals"), SATISFACTION_SIGNALS, "satisfaction.signals", negative=True
        ),
        base=_number(satisfaction, "base", "satisfaction.base"),
        estimate_sd=_number(satisfaction, "estimate_sd", "satisfaction.estimate_sd"),
        answer_sd=_number(satisfaction, "answer_sd", "satisfaction.answer_sd"),
        contact_to_journey_sd=_number(
            satisfaction, "contact_to_journey_sd", "satisfaction.contact_to_journey_sd"
        ),
    )


def _weights(
    data: Mapping[str, Any], names: tuple[str, ...], where: str, *, negative: bool
) -> dict[str, Weight]:
    missing, unknown = sorted(set(names) - set(data)), sorted(set(data) - set(names))
    if missing or unknown:
        raise BadWeights(f"{where}: missing {missing}, unknown {unknown}")
    return {name: _weight(_mapping(data, name), f"{where}.{name}", negative=negative) for name in names}


def _weight(data: Mapping[str, Any], where: str, *, negative: bool) -> Weight:
    if unknown := sorted(set(data) - {"unit", "per", "points", "at_most", "reason"}):
        raise BadWeights(f"{where}: unknown {unknown}")
    unit, per, points = (
        _text(data, "unit", where),
        _number(data, "per", where),
        _number(data, "points", where),
    )
    at_most = None if data.get("at_most") is None else _number(data, "at_most", where)
    if per <= 0 or (at_most is not None and at_most < 0) or (points < 0 and not negative):
        raise BadWeights(f"{where}: per must be above 0, at_most and points of friction not below 0")
    return Weight(unit, per, points, at_most, _text(data, "reason", where))


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    if not isinstance(value, Mapping):
        raise BadWeights(f"{key}: must be a mapping")
    return value


def _number(data: Mapping[str, Any], key: str, where: str) -> float:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadWeights(f"{where}: {key} must be a number")
    return float(value)


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadWeights(f"{where}: {key} must be a text")
    return value
