"""What a model learns from records without being told who is who: how frequent values are, how often people's
values are in error, whether households are among them. A pure function of the records; their order does not matter."""

from collections.abc import Mapping
from dataclasses import replace
from math import log2

import numpy as np

from pathloom_identity.domain.evidence.comparators import NULL, Levels, compared
from pathloom_identity.domain.evidence.model import MANY, Frequencies, Level, Model, Weights
from pathloom_identity.domain.evidence.table import Column, Table
from pathloom_identity.domain.evidence.vetoes import Mask

#: Fewer records than this teach nothing that is better than what the model knows.
ENOUGH = 200
#: What the model knows of `m` counts like so many pairs of records of one person.
KNOWN_PAIRS = 300


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


def with_errors(model: Model, records: Table, levels: Mapping[str, Levels], same: Mask) -> Model:
    """The model with `m` as it is in pairs found to be `same`, what it knew before counted in."""
    if records.size < ENOUGH:
        return model
    made = dict(model.comparisons)
    for name, column in compared(records).items():
        weights = model.of(name, column)
        seen = levels[name][same]
        counts = np.bincount(seen[seen != NULL], minlength=len(weights.levels)).tolist()
        whole = KNOWN_PAIRS + sum(counts)
        learnt = tuple(
            Level(level.name, (KNOWN_PAIRS * level.m + count) / whole, level.u)
            for level, count in zip(weights.levels, counts, strict=True)
        )
        made[name] = Weights(learnt, weights.frequencies)
    return replace(model, comparisons=made)
