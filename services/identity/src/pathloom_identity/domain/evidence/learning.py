"""What a model learns from records without being told who is who: how frequent values are, how often people's
values are in error, whether households are among them. A pure function of the records; their order does not matter."""

from collections.abc import Mapping
from dataclasses import replace
from math import log2

import numpy as np

from pathloom_identity.domain.evidence.comparators import NULL, Levels, Pairs, compared
from pathloom_identity.domain.evidence.model import MANY, Frequencies, Level, Model, Weights
from pathloom_identity.domain.evidence.table import Column, Table

#: Fewer records than this teach nothing that is better than what the model knows.
ENOUGH = 200
#: What the model knows of `m` counts like so many pairs of records of one person.
KNOWN_PAIRS = 300
#: What it knows of `u` counts like so many pairs taken by chance, of which at most CHANCE_PAIRS are looked at.
KNOWN_CHANCE = 2_000
CHANCE_PAIRS = 20_000


def with_frequencies(model: Model, records: Table) -> Model:
    """The model with the frequencies of these records, and the prior of their number: each record is expected to
    have about one more of its person among them."""
    if records.size < ENOUGH:
        return model
    made = dict(model.comparisons)
    for name, column in compared(records).items():
        weights = model.of(name, column)
        made[name] = Weights(weights.levels, frequencies(column, weights.frequencies.least))
    return replace(model, comparisons=made, log2_prior=-log2(records.size))


def frequencies(column: Column, least: float) -> Frequencies:
    """Of the values of a column; those that fewer than MANY records hold are one average."""
    counts = column.counts()
    held = int(counts.sum())
    many = counts >= MANY
    values = {column.words.texts[at]: int(counts[at]) / held for at in np.flatnonzero(many).tolist()}
    few = counts[~many & (counts > 0)]
    # The average over those who hold a rare value, not over the values: what one of them meets.
    other = float((few * few).sum() / few.sum()) / held if len(few) else least
    return Frequencies(least, other, values)


def with_shares(
    model: Model, records: Table, of_same: Mapping[str, Levels], of_others: Mapping[str, Levels]
) -> Model:
    """The model with `m` as it is in pairs found to be one person, and `u` as it is in pairs taken by chance that
    were not, what it knew before counted in."""
    made = dict(model.comparisons)
    for name, column in compared(records).items():
        weights = model.of(name, column)
        m = _mixed([level.m for level in weights.levels], KNOWN_PAIRS, of_same[name])
        u = _mixed([level.u for level in weights.levels], KNOWN_CHANCE, of_others[name])
        levels = tuple(Level(x.name, *shares) for x, *shares in zip(weights.levels, m, u, strict=True))
        made[name] = Weights(levels, weights.frequencies)
    return replace(model, comparisons=made)


def by_chance(records: Table) -> Pairs:
    """Pairs that nothing brought together: each record with those some steps on, in the order of their keys."""
    size = records.size
    at = np.arange(size, dtype=np.int64)
    steps = [step for step in (1, 7, 31, 101, 199) if step < size / 2]
    left, right = np.tile(at, len(steps)), np.concatenate([(at + step) % size for step in steps])
    pick = np.linspace(0, len(left) - 1, min(len(left), CHANCE_PAIRS)).astype(np.int64)
    left, right = left[pick], right[pick]
    return Pairs(records, np.minimum(left, right), np.maximum(left, right))


def _mixed(known: list[float], weight: int, seen: Levels) -> list[float]:
    counts = np.bincount(seen[seen != NULL], minlength=len(known)).tolist()
    whole = weight * sum(known) + sum(counts)
    return [(weight * share + count) / whole for share, count in zip(known, counts, strict=True)]
