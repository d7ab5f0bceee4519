"""Chance as an argument: everything random in the simulator comes from one of these."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")


@dataclass(slots=True)
class Chance:
    """Draws from a seeded generator."""

    generator: np.random.Generator

    @classmethod
    def of(cls, *seed: int) -> "Chance":
        """The same numbers give the same draws, on every machine."""
        return cls(np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed)))))

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self.generator.random() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.generator.random() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """Uniform."""
        return low + (high - low) * self.generator.random()

    def normal(self, mean: float, deviation: float) -> float:
        """Gaussian."""
        return mean + deviation * float(self.generator.standard_normal())

    def seconds(self, median: float, spread: float = 0.6, low: float = 1, high: float = 7200) -> int:
        """A duration: log-normal around a median, `spread` in natural-log units, bounded, whole seconds."""
        drawn = median * math.exp(spread * float(self.generator.standard_normal()))
        return round(min(max(drawn, low), high))

    def pick(self, choices: Sequence[T]) -> T:
        """One of them, each alike."""
        return choices[int(self.generator.random() * len(choices))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, by weight."""
        left = self.generator.random() * sum(weights.values())
        for choice, weight in weights.items():
            left -= weight
            if left < 0:
                return choice
        return choice
