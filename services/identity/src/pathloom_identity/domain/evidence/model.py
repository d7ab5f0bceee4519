"""The model: what each level of agreement weighs, and where a person ends.

Fellegi and Sunter: of two records of one person, a share `m` is at this level; of two of strangers, a share `u`. The
level weighs log2(m / u): how many times over it doubles the odds (or halves them, below zero). A level that goes by
value counts a rare value for more: its `u` is then as large as the value is frequent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2

from pathloom_identity.domain.evidence.comparators import COMPARISONS, comparison_of
from pathloom_identity.domain.evidence.table import Column

#: Weights are whole numbers of this part of a bit, so that sums are exact and no order matters.
BIT = 1 << 30
#: A value is named in a model only where at least so many records hold it: it is nobody's own then.
MANY = 10


@dataclass(frozen=True, slots=True)
class Level:
    """`m`, `u`: the share of pairs of one person, and of two, that are at this level; both above 0."""

    name: str
    m: float
    u: float

    @property
    def weight(self) -> float:
        """In log2, before any adjustment by value."""
        return log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How frequent values are: `values` by name (those of many people), `other` for every other. None counts as
    rarer than `least`, however rare it is."""

    least: float
    other: float
    values: Mapping[str, float] = field(default_factory=dict)

    def of(self, text: str) -> float:
        """The share of records that hold the value."""
        return self.values.get(text, self.other)


@dataclass(frozen=True, slots=True)
class Weights:
    """Of one comparison: its levels, the best first, and how frequent its values are."""

    levels: tuple[Level, ...]
    frequencies: Frequencies


@dataclass(frozen=True, slots=True)
class Model:
    """What decides. All of it is in the model file (docs/identity.md).

    `log2_prior`: the odds that two records taken by chance are one person. `cut`: clusters are joined while the mean
    weight between them, prior included, is above it. `unseen`: what a pair weighs, prior included, that blocking never
    brought together. `block_cap`: the most records of one block. `households`: whether people of one household are
    among the records, so that first names and dates of birth have a veto.
    """

    version: str
    log2_prior: float
    cut: float
    unseen: float
    block_cap: int
    households: bool
    comparisons: Mapping[str, Weights]
    trained_on: Mapping[str, object] = field(default_factory=dict)

    def of(self, name: str, column: Column) -> Weights:
        """The weights of a column: its own, else those of its kind."""
        found = self.comparisons.get(name)
        return found if found is not None else self.comparisons[comparison_of(name, column)]


def kind_of(name: str, weights: Weights) -> str | None:
    """The comparison whose levels these are, or None."""
    names = tuple(level.name for level in weights.levels)
    if name in COMPARISONS:
        return name if COMPARISONS[name].levels == names else None
    return next((kind for kind in ("text", "code", "category") if COMPARISONS[kind].levels == names), None)
