"""Weighing pairs of records as they come: by the model, each pair once for as long as it is remembered.

What a pair weighs follows from what its two records say and from the model alone, so it can be remembered under a
digest of the two; nothing that anybody said is kept.
"""

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

import numpy as np

from pathloom_identity.domain.evidence.attributes import Attribute, Kind
from pathloom_identity.domain.evidence.ceiling import Ceiling
from pathloom_identity.domain.evidence.comparators import Pairs, levels_of
from pathloom_identity.domain.evidence.completing import near_from
from pathloom_identity.domain.evidence.crowds import WHOLE
from pathloom_identity.domain.evidence.kept import Kept
from pathloom_identity.domain.evidence.model import BIT, Model
from pathloom_identity.domain.evidence.table import Table, table
from pathloom_identity.domain.evidence.vetoes import vetoed
from pathloom_identity.domain.evidence.weighing import Piece, explain, total, weigh

K = TypeVar("K", bound=Hashable)
Spelled = Sequence[tuple[Attribute, str]]

REMEMBERED = 16_384
#: Pairs that weigh up to so many bits less than near ones are doubtful: a steward may want to see them.
DOUBT = 4.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a pair weighs in BITs, prior included; whether a veto keeps it apart; and the pieces, the prior first, that
    sum to the whole."""

    weight: int
    vetoed: bool
    pieces: tuple[Piece, ...]


class Weigher:
    """One model, and what was weighed by it lately."""

    def __init__(self, model: Model, remembered: int = REMEMBERED, whole: int = WHOLE) -> None:
        self.model = model
        self.whole = whole
        self.near_from = near_from(model)
        self._doubtful_from = self.near_from - round(DOUBT * BIT)
        self._ceiling = Ceiling(model)
        self._remembered = remembered
        self._known: OrderedDict[tuple[bytes, bytes], Weighed] = OrderedDict()

    def is_near(self, weighed: Weighed) -> bool:
        """Whether a pair that blocking brought together makes its records one component."""
        return not weighed.vetoed and weighed.weight > self.near_from

    def weigh(self, said: Mapping[K, Spelled], pairs: Collection[tuple[K, K]]) -> dict[tuple[K, K], Weighed]:
        """What the pairs of `said` weigh."""
        found: dict[tuple[K, K], Weighed] = {}
        digests = _digests(said, pairs)
        fresh = []
        for pair in pairs:
            name = _name(digests, pair)
            known = self._known.get(name)
            if known is None:
                fresh.append(pair)
            else:
                self._known.move_to_end(name)
                found[pair] = known
        if fresh:
            made = self._weigh(said, fresh, only_likely=False)
            self._remember(digests, made)
            found |= made
        return found

    def likely(
        self, kept: Mapping[int, Kept], mates: Mapping[int, Iterable[int]]
    ) -> dict[tuple[int, int], Weighed]:
        """Of the pairs (the low number first) of each record and its mates, those that are near or doubtful; they alone
        are remembered."""
        open_: set[tuple[int, int]] = set()
        for own, others in mates.items():
            reaches = self._ceiling.of(kept[own].said, self._doubtful_from)
            for other in others:
                if reaches(kept[other].texts):
                    open_.add((own, other) if own < other else (other, own))
        if not open_:
            return {}
        said = {number: kept[number].said for pair in open_ for number in pair}
        made = self._weigh(said, sorted(open_), only_likely=True)
        self._remember(_digests(said, made), made)
        return made

    def _weigh(
        self, said: Mapping[K, Spelled], wanted: Sequence[tuple[K, K]], *, only_likely: bool
    ) -> dict[tuple[K, K], Weighed]:
        places: dict[K, int] = {}
        for a, b in wanted:
            places.setdefault(a, len(places))
            places.setdefault(b, len(places))
        records = spelled_table([said[key] for key in places])
        left = np.array([places[a] for a, _ in wanted], dtype=np.int64)
        right = np.array([places[b] for _, b in wanted], dtype=np.int64)
        pairs = Pairs(records, left, right)
        levels = levels_of(pairs)
        pieces = weigh(pairs, levels, self.model)
        weight, forbidden = total(pieces, self.model, len(left)), vetoed(pairs, levels, self.model)
        asked = (weight > self._doubtful_from) & ~forbidden if only_likely else np.ones(len(left), dtype=bool)
        return {
            wanted[at]: Weighed(
                int(weight[at]), bool(forbidden[at]), tuple(explain(at, pairs, levels, pieces, self.model))
            )
            for at in np.flatnonzero(asked).tolist()
        }

    def _remember(self, digests: Mapping[K, bytes], made: Mapping[tuple[K, K], Weighed]) -> None:
        for pair, one in made.items():
            self._known[_name(digests, pair)] = one
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)


def _digests(said: Mapping[K, Spelled], pairs: Iterable[tuple[K, K]]) -> dict[K, bytes]:
    return {key: _digest(said[key]) for key in {key for pair in pairs for key in pair}}


def _name(digests: Mapping[K, bytes], pair: tuple[K, K]) -> tuple[bytes, bytes]:
    a, b = digests[pair[0]], digests[pair[1]]
    return (a, b) if a < b else (b, a)


def spelled_table(records: Sequence[Spelled]) -> Table:
    """Records that are spelled already, as a table."""
    values: dict[str, list[str | None]] = {}
    attributes: dict[str, Attribute] = {}
    for at, said in enumerate(records):
        for attribute, text in said:
            column = values.get(attribute.name)
            if column is None:
                attributes[attribute.name] = attribute
                column = values[attribute.name] = [None] * len(records)
            column[at] = text
    # A number is compared as a part of an address. Whether some other record of this table has a street must not matter.
    if Kind.STREET.value not in values:
        values.pop(Kind.STREET_NUMBER.value, None)
    return table(
        len(records),
        {attributes[name]: column for name, column in values.items()},
        dict.fromkeys(values, str),
    )


def _digest(said: Spelled) -> bytes:
    # How it is compared is a part of it: a source may be declared anew.
    text = "\x1f".join(f"{a.name}\x1e{a.kind}\x1e{a.immutable}\x1e{text}" for a, text in said)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
