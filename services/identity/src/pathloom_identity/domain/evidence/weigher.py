"""Weighing pairs of records as they come: by the model, each pair once for as long as it is remembered.

What a pair weighs follows from what its two records say and from the model alone, so it can be remembered under a
digest of the two; nothing that anybody said is kept.
"""

from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

import numpy as np

from pathloom_identity.domain.evidence.attributes import Attribute, Kind
from pathloom_identity.domain.evidence.comparators import Pairs, levels_of
from pathloom_identity.domain.evidence.completing import near_from
from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.table import Table, table
from pathloom_identity.domain.evidence.vetoes import vetoed
from pathloom_identity.domain.evidence.weighing import Piece, explain, total, weigh

K = TypeVar("K", bound=Hashable)
Spelled = Sequence[tuple[Attribute, str]]

REMEMBERED = 16_384


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a pair weighs in BITs, prior included; whether a veto keeps it apart; and the pieces, the prior first, that
    sum to the whole."""

    weight: int
    vetoed: bool
    pieces: tuple[Piece, ...]


class Weigher:
    """One model, and what was weighed by it lately."""

    def __init__(self, model: Model, remembered: int = REMEMBERED) -> None:
        self.model = model
        self._near_from = near_from(model)
        self._remembered = remembered
        self._known: OrderedDict[tuple[bytes, bytes], Weighed] = OrderedDict()

    def is_near(self, weighed: Weighed) -> bool:
        """Whether a pair that blocking brought together makes its records one component."""
        return not weighed.vetoed and weighed.weight > self._near_from

    def weigh(
        self, said: Mapping[K, Spelled], pairs: Collection[tuple[K, K]], *, only_near: bool = False
    ) -> dict[tuple[K, K], Weighed]:
        """What the pairs of `said` weigh. `only_near`: those that are not near are left out, and forgotten."""
        found: dict[tuple[K, K], Weighed] = {}
        fresh: list[tuple[tuple[K, K], tuple[bytes, bytes]]] = []
        digests = {key: _digest(said[key]) for pair in pairs for key in pair}
        for pair in pairs:
            a, b = digests[pair[0]], digests[pair[1]]
            name = (a, b) if a < b else (b, a)
            known = self._known.get(name)
            if known is None:
                fresh.append((pair, name))
            else:
                self._known.move_to_end(name)
                if not only_near or self.is_near(known):
                    found[pair] = known
        if fresh:
            self._weigh(said, fresh, found, only_near)
        return found

    def _weigh(
        self,
        said: Mapping[K, Spelled],
        fresh: Sequence[tuple[tuple[K, K], tuple[bytes, bytes]]],
        found: dict[tuple[K, K], Weighed],
        only_near: bool,
    ) -> None:
        places: dict[K, int] = {}
        for pair, _ in fresh:
            for key in pair:
                places.setdefault(key, len(places))
        records = spelled_table([said[key] for key in places])
        left = np.array([places[pair[0]] for pair, _ in fresh], dtype=np.int64)
        right = np.array([places[pair[1]] for pair, _ in fresh], dtype=np.int64)
        pairs = Pairs(records, left, right)
        levels = levels_of(pairs)
        pieces = weigh(pairs, levels, self.model)
        weight, forbidden = total(pieces, self.model, len(left)), vetoed(pairs, levels, self.model)
        wanted = (weight > self._near_from) & ~forbidden if only_near else np.ones(len(left), dtype=bool)
        for at in np.flatnonzero(wanted).tolist():
            pair, name = fresh[at]
            waterfall = tuple(explain(at, pairs, levels, pieces, self.model))
            made = found[pair] = Weighed(int(weight[at]), bool(forbidden[at]), waterfall)
            self._known[name] = made
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)


def spelled_table(records: Sequence[Spelled]) -> Table:
    """Records that are spelled already, as a table."""
    values: dict[Attribute, list[str | None]] = {}
    for at, said in enumerate(records):
        for attribute, text in said:
            values.setdefault(attribute, [None] * len(records))[at] = text
    made = table(len(records), values, {attribute.name: str for attribute in values})
    if Kind.STREET.value in made.columns:
        return made
    # A number is compared as a part of an address. Whether some other record of this table has a street must not matter.
    columns = {name: column for name, column in made.columns.items() if name != Kind.STREET_NUMBER.value}
    return Table(made.size, columns)


def _digest(said: Spelled) -> bytes:
    text = "\x1f".join(f"{attribute.name}\x1e{text}" for attribute, text in said)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
