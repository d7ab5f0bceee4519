"""Evidence: what each column of a pair of records weighs. The pieces sum to the whole, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.comparators import COMPARISONS, NULL, Levels, Pairs, comparison_of
from pathloom_identity.domain.evidence.model import BIT, Model, Weights
from pathloom_identity.domain.evidence.table import Column

Amounts = NDArray[np.int64]
PRIOR = "prior"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a pair's evidence: what was compared, at which level it agrees, and its weight in bits."""

    name: str
    level: str
    weight: float


def weigh(pairs: Pairs, levels: Mapping[str, Levels], model: Model) -> dict[str, Amounts]:
    """What each compared column of each pair weighs, in BITs; nothing where one side says nothing."""
    return {name: _weigh(pairs, name, levels[name], model) for name in levels}


def prior(model: Model) -> int:
    """What a pair weighs before any evidence, in BITs."""
    return round(model.log2_prior * BIT)


def total(pieces: Mapping[str, Amounts], model: Model, size: int) -> Amounts:
    """The whole of each of `size` pairs, prior included, in BITs."""
    made = np.full(size, prior(model), dtype=np.int64)
    for amounts in pieces.values():
        made += amounts
    return made


def explain(
    at: int, pairs: Pairs, levels: Mapping[str, Levels], pieces: Mapping[str, Amounts], model: Model
) -> list[Piece]:
    """The waterfall of one pair: the prior, then every column that both sides fill, the heaviest first."""
    told = []
    for name, amounts in pieces.items():
        level = int(levels[name][at])
        if level != NULL:
            column = pairs.records.columns[name]
            names = COMPARISONS[comparison_of(name, column)].levels
            told.append(Piece(name, names[level], int(amounts[at]) / BIT))
    told.sort(key=lambda piece: (-abs(piece.weight), piece.name))
    return [Piece(PRIOR, "two records by chance", prior(model) / BIT), *told]


def _weigh(pairs: Pairs, name: str, levels: Levels, model: Model) -> Amounts:
    column = pairs.records.columns[name]
    weights = model.of(name, column)
    plain = np.zeros(NULL + 1)
    plain[: len(weights.levels)] = [level.weight for level in weights.levels]
    made = plain[levels]
    by_value = COMPARISONS[comparison_of(name, column)].by_value
    goes_by_value = np.zeros(NULL + 1, dtype=bool)
    goes_by_value[[at for at, level in enumerate(weights.levels) if level.name in by_value]] = True
    look = np.flatnonzero(goes_by_value[levels])
    if len(look):
        rarity = rarities(column, weights)
        a, b = column.codes[pairs.left[look]], column.codes[pairs.right[look]]
        made[look] += np.minimum(rarity[a], rarity[b])
    return np.rint(made * BIT).astype(np.int64)


def rarities(column: Column, weights: Weights) -> NDArray[np.float64]:
    """What holding each word weighs more (rare) or less (frequent) than holding just any value, in log2."""
    exact, least = weights.levels[0].u, weights.frequencies.least
    shares, texts = weights.frequencies.values, column.words.texts
    made = np.full(len(texts) + 1, log2(exact / max(weights.frequencies.other, least)))
    # The shorter of the two is walked: a model names hundreds of values, a few records hold a few.
    for text in shares if len(shares) < len(texts) else [text for text in texts if text in shares]:
        number = column.words.find(text)
        if number >= 0:
            made[number] = log2(exact / max(shares[text], least))
    made[-1] = 0.0
    return made
