"""Who is who among records, by what they say alone: blocking, weighing, vetoes, linkage, in that order."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.blocking import LeftOut, candidates
from pathloom_identity.domain.evidence.comparators import Levels, Pairs, levels_of
from pathloom_identity.domain.evidence.completing import completing, near_from
from pathloom_identity.domain.evidence.crowds import CROWD, parts
from pathloom_identity.domain.evidence.learning import ENOUGH, by_chance, with_frequencies, with_shares
from pathloom_identity.domain.evidence.linkage import VETO, average_linkage, components
from pathloom_identity.domain.evidence.model import BIT, Model
from pathloom_identity.domain.evidence.table import Table
from pathloom_identity.domain.evidence.vetoes import HOUSEHOLDS_FROM, Mask, household_share, vetoed
from pathloom_identity.domain.evidence.weighing import Amounts, Piece, explain, total, weigh


@dataclass(frozen=True, slots=True)
class Resolution:
    """`cluster`: for each record the least record of its person. `pairs` that were weighed, with their levels, the
    pieces of evidence, the whole in BITs, and which are vetoed. `model`: the one that decided."""

    cluster: NDArray[np.int64]
    pairs: Pairs
    levels: Mapping[str, Levels]
    pieces: Mapping[str, Amounts]
    weight: Amounts
    vetoed: Mask
    left_out: tuple[LeftOut, ...]
    model: Model

    def evidence(self, at: int) -> list[Piece]:
        """The waterfall of pair `at`."""
        return explain(at, self.pairs, self.levels, self.pieces, self.model)


def resolve(records: Table, model: Model, learn: bool = False) -> Resolution:
    """The persons among `records`, whose order is their keys' (so give them sorted by key: then the outcome depends
    on nothing else). `learn`: first learn from these very records what can be learnt without any truth. What comes
    out is what the learnt model gives by itself: resolving again with it, without learning, changes nothing."""
    learn = learn and records.size >= ENOUGH
    if learn:
        model = with_frequencies(model, records)
    found = candidates(records, model.block_cap)
    pairs = Pairs(records, found.left, found.right)
    levels = levels_of(pairs)
    if learn:
        share = household_share(pairs, levels)
        model = replace(model, households=share >= HOUSEHOLDS_FROM)
        first = _decide(pairs, levels, found.left_out, model)
        same = first.cluster[first.pairs.left] == first.cluster[first.pairs.right]
        chance = by_chance(records)
        others = first.cluster[chance.left] != first.cluster[chance.right]
        seen = levels_of(chance)
        model = with_shares(
            model,
            records,
            {name: found_levels[same] for name, found_levels in first.levels.items()},
            {name: seen[name][others] for name in seen},
        )
    return _decide(pairs, levels, found.left_out, model)


def _decide(
    pairs: Pairs, levels: Mapping[str, Levels], left_out: tuple[LeftOut, ...], model: Model
) -> Resolution:
    """What the model makes of pairs that blocking brought together."""
    pieces, forbidden = weigh(pairs, levels, model), vetoed(pairs, levels, model)
    weight = total(pieces, model, len(pairs.left))
    near = np.where(forbidden, VETO, weight)
    root, crowds = parts(pairs.records.size, pairs.left, pairs.right, near, near_from(model))
    if crowds:
        left_out += (_left_to_the_steward(crowds, pairs, near, root, model),)
    more = Pairs(pairs.records, *completing(root, pairs.left, pairs.right))
    if len(more.left):
        further = levels_of(more)
        added = weigh(more, further, model)
        weight = np.concatenate([weight, total(added, model, len(more.left))])
        forbidden = np.concatenate([forbidden, vetoed(more, further, model)])
        levels = {name: np.concatenate([levels[name], further[name]]) for name in levels}
        pieces = {name: np.concatenate([pieces[name], added[name]]) for name in pieces}
        both = np.concatenate([pairs.left, more.left]), np.concatenate([pairs.right, more.right])
        pairs = Pairs(pairs.records, *both)
    cluster = _link(pairs, np.where(forbidden, VETO, weight), root, model)
    return Resolution(cluster, pairs, levels, pieces, weight, forbidden, left_out, model)


def _left_to_the_steward(
    crowds: int, pairs: Pairs, weight: Amounts, root: NDArray[np.int64], model: Model
) -> LeftOut:
    apart = (weight > near_from(model)) & (root[pairs.left] != root[pairs.right])
    return LeftOut(CROWD, crowds, int(apart.sum()))


def _components(size: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return np.array(components(size, pairs), dtype=np.int64)


def _link(pairs: Pairs, weight: Amounts, part: NDArray[np.int64], model: Model) -> NDArray[np.int64]:
    """For each record the least record of its cluster. Nobody is one with a record of another part."""
    size, cut, unseen = pairs.records.size, round(model.cut * BIT), round(model.unseen * BIT)
    above = (weight > cut) & (part[pairs.left] == part[pairs.right])
    root = _components(size, pairs.left[above], pairs.right[above])
    cluster = root.copy()
    inside = root[pairs.left] == root[pairs.right]
    sizes = np.bincount(root, minlength=size)
    # Where every pair is above the cut, so is every mean: one cluster as it is.
    agreeing = np.bincount(root[pairs.left[above]], minlength=size)
    split = agreeing < sizes * (sizes - 1) // 2
    asked = np.flatnonzero(inside & split[root[pairs.left]])
    asked = asked[np.argsort(root[pairs.left[asked]], kind="stable")]
    roots = root[pairs.left[asked]]
    bounds = np.flatnonzero(np.r_[True, roots[1:] != roots[:-1], True]) if len(asked) else np.array([0])
    members: dict[int, list[int]] = defaultdict(list)
    for at in np.flatnonzero(split[root]).tolist():
        members[int(root[at])].append(at)
    rows = list(
        zip(pairs.left[asked].tolist(), pairs.right[asked].tolist(), weight[asked].tolist(), strict=True)
    )
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        here = members[int(roots[start])]
        for group in average_linkage(here, rows[start:end], cut, unseen):
            cluster[group] = group[0]
    return cluster
