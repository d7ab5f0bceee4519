"""Which measures there are: name, unit, what they are a function of, and their definition (the docstring)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from pathloom_kit.errors import InvalidArgument

from pathloom_scoring.domain.intervals import Estimate
from pathloom_scoring.domain.measures import sums


class Family(Enum):
    """What a measure is a function of; the value is the class of its sums."""

    TOUCHPOINTS = sums.TouchpointSums
    HANDLINGS = sums.HandlingSums
    FOLLOW_UPS = sums.FollowUpSums
    ANSWERS = sums.AnswerSums
    JOURNEYS = sums.JourneySums
    PROMISES = sums.PromiseSums


@dataclass(frozen=True, slots=True)
class Parameters:
    """The explicit parameters of the measures."""

    service_level_s: float = 20.0
    fcr_days: float = 7.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. `interval` and `source` say where its interval and its definition come from."""

    name: str
    unit: str
    family: Family
    formula: str
    interval: str
    source: str
    parameter: str
    docstring: str
    compute: Callable[[Any], Estimate]

    def definition(self, parameters: Parameters) -> str:
        """One sentence: what exactly it is, with the parameter in force."""
        sentence = self.docstring.split("\n\n")[0].replace("\n", " ")
        if not self.parameter:
            return sentence
        unit = {"service_level_s": ("x", "s"), "fcr_days": ("window", "days")}[self.parameter]
        return (
            f"{sentence.removesuffix('.')} ({unit[0]} = {getattr(parameters, self.parameter):g} {unit[1]})."
        )


class UnknownMeasure(InvalidArgument):
    """A measure that nobody has defined."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "unknown measure", fields={"measures": f"{name!r} is none of: {', '.join(sorted(_REGISTRY))}"}
        )


_REGISTRY: dict[str, Measure] = {}
DESIGN = "the field's common definition, as fixed for Pathloom"
OURS = "defined by us"
WILSON = "Wilson score"
STUDENT = "mean ± t · s ÷ √n"
EXACT = "none: a count, exact"

S = TypeVar("S")


def measure(
    *,
    unit: str,
    family: Family,
    formula: str,
    interval: str,
    source: str,
    parameter: str = "",
) -> Callable[[Callable[[S], Estimate]], Callable[[S], Estimate]]:
    """Registers a function of sums as the measure of its name; its docstring is the definition."""

    def register(compute: Callable[[S], Estimate]) -> Callable[[S], Estimate]:
        name, docstring = compute.__name__, inspect.getdoc(compute)
        assert docstring, f"{name}: a measure without a definition"
        assert name not in _REGISTRY, f"{name}: registered twice"
        _REGISTRY[name] = Measure(
            name, unit, family, formula, interval, source, parameter, docstring, compute
        )
        return compute

    return register


def registered() -> Mapping[str, Measure]:
    """All measures by name, in the order of their definition."""
    return dict(_REGISTRY)


def measure_named(name: str) -> Measure:
    """The measure of that name. Raises UnknownMeasure."""
    try:
        return _REGISTRY[name]
    except KeyError:
        raise UnknownMeasure(name) from None


def chosen(names: Sequence[str]) -> tuple[Measure, ...]:
    """Those named, each once, in the order asked; none named: all. Raises UnknownMeasure."""
    return tuple(measure_named(name) for name in dict.fromkeys(names or _REGISTRY))
