"""Evidence as records come: who is worth weighing, by the index of blocking keys, and what the pairs weigh."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pathloom_identity.application.nearness import Nearness
from pathloom_identity.application.resolution_store import NearPair, ResolutionStore, Stored
from pathloom_identity.application.terms import Terms
from pathloom_identity.domain.clustering import Pair, Weights
from pathloom_identity.domain.evidence.blocking import BlockKey, keys_of
from pathloom_identity.domain.evidence.crowds import CROWD
from pathloom_identity.domain.evidence.kept import Kept
from pathloom_identity.domain.evidence.model import BIT
from pathloom_identity.domain.evidence.weigher import Weighed, Weigher
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.said import Said, is_quiet, said_of
from pathloom_identity.domain.sources import Source

Numbers = tuple[int, int]
#: Pairs weighed in one go.
AT_ONCE = 4000


@dataclass
class Evidence:
    """One transaction's evidence. A pair is a candidate where both records are in one block of at most the cap; it is
    *near* where it then weighs enough. Both follow from the records alone, whatever came first."""

    store: ResolutionStore
    terms: Terms
    weigher: Weigher
    sources: Mapping[str, Source]
    _left: Counter[BlockKey] = field(default_factory=Counter)
    _over: dict[BlockKey, bool] = field(default_factory=dict)
    _lost: list[NearPair] = field(default_factory=list)
    _said: dict[RecordKey, tuple[RecordState, Said]] = field(default_factory=dict)
    _keys: dict[RecordKey, tuple[Said, list[BlockKey]]] = field(default_factory=dict)
    _nearness: Nearness = field(init=False)

    def __post_init__(self) -> None:
        self._nearness = Nearness(self.store, self.weigher.near_from, self.weigher.whole)

    @property
    def cap(self) -> int:
        """The most records of one block."""
        return self.weigher.model.block_cap

    def left(self, keys: Iterable[BlockKey], pairs: Iterable[NearPair]) -> None:
        """Records left these blocks (they were erased): one that is not too large any more counts again. `pairs`: whom
        they were near to, or in doubt with."""
        self._left.update(keys)
        self._lost += pairs

    async def follow(
        self,
        changed: Mapping[RecordKey, Stored],
        before: Mapping[RecordKey, RecordState],
        fresh: Collection[RecordKey],
        dirty: Collection[RecordKey],
        anew: bool,
    ) -> set[int]:
        """Indexes what changed records say now. The components that evidence may connect, or connect no more.

        What `fresh` records say is indexed already. `dirty` records are compared with what the index has of them, `anew`
        ones are weighed even where nothing they say changed (the model did)."""
        looked_at = await self._changed(changed, before, fresh, dirty, anew)
        added: Counter[BlockKey] = Counter()
        removed = Counter(self._left)
        self._left.clear()
        rows_added, rows_removed, said, keys = [], [], [], {}
        for record, old in looked_at:
            now = keys[record.no] = self.keys(record)
            if record.key in fresh:
                added.update(set(now))
                continue
            then = keys_of(old)
            came, gone = set(now).difference(then), set(then).difference(now)
            added.update(came)
            removed.update(gone)
            rows_added += [(record.no, key) for key in came]
            rows_removed += [(record.no, key) for key in gone]
            if self.said(record) != old:
                said.append((record.no, self.said(record)))
        await self.store.say(said, rows_added, rows_removed)
        wanted = {key for found in keys.values() for key in found} | removed.keys()
        if not wanted:
            return set()
        weighed = [record.no for record, _ in looked_at if record.key not in fresh]
        components = {record.no: record.component for record, _ in looked_at}
        return await self._look(wanted, keys, components, added, removed, weighed)

    def new(self, key: RecordKey, state: RecordState) -> tuple[Said, Sequence[BlockKey]]:
        """What a person's record that has only now come says, and the blocks that this puts it into."""
        return self._said_in(key, state), self._keys_of(key, self._said_in(key, state))

    def said(self, record: Stored) -> Said:
        """What a record says now."""
        return self._said_in(record.key, record.state)

    def keys(self, record: Stored) -> list[BlockKey]:
        """The blocks that what it says now puts it into."""
        return self._keys_of(record.key, self.said(record))

    def _said_in(self, key: RecordKey, state: RecordState) -> Said:
        known = self._said.get(key)
        if known is None or known[0] is not state:
            known = self._said[key] = state, said_of(state, self.sources, self.terms.normalise)
        return known[1]

    def _keys_of(self, key: RecordKey, said: Said) -> list[BlockKey]:
        known = self._keys.get(key)
        if known is None or known[0] is not said:
            known = self._keys[key] = said, keys_of(said)
        return known[1]

    async def beyond(self, members: Iterable[Stored]) -> set[int]:
        """The components of whoever evidence connects with these and is not among them."""
        numbers = [record.no for record in members if self.said(record)]
        return await self._nearness.beyond(numbers)

    async def weigh(
        self,
        members: Mapping[RecordKey, Stored],
        connect: Callable[[Iterable[Pair]], list[set[RecordKey]]],
    ) -> tuple[Weights, list[set[RecordKey]]]:
        """What clustering needs to know of `members`, and their components. `connect` gives the components that come
        of everything else and of some pairs."""
        by_number = {record.no: key for key, record in members.items() if self.said(record)}
        parts = [
            sorted(by_number[number] for number in part if number in by_number)
            for part in {await self._nearness.part(number) for number in by_number}
        ]
        found = connect((part[0], other) for part in parts for other in part[1:])
        wanted: list[Pair] = []
        quiet: set[RecordKey] = set()
        for component in found:
            saying = sorted(key for key in component if self.said(members[key]))
            if len(saying) < 2:
                continue
            quiet.update(key for key in saying if is_quiet(self.said(members[key])))
            if len(saying) <= self.weigher.whole:
                wanted += combinations(saying, 2)
            else:
                # Identifiers made it so large.
                inside = (pair for part in parts if part[0] in component for pair in combinations(part, 2))
                wanted += await self._blocked(saying, members) | set(inside)
        said = {key: self.said(members[key]) for pair in wanted for key in pair}
        model = self.weigher.model
        weights = Weights(
            self.weigher.weigh(said, wanted),
            frozenset(quiet),
            round(model.cut * BIT),
            round(model.unseen * BIT),
        )
        return weights, found

    async def _changed(
        self,
        changed: Mapping[RecordKey, Stored],
        before: Mapping[RecordKey, RecordState],
        fresh: Collection[RecordKey],
        dirty: Collection[RecordKey],
        anew: bool,
    ) -> list[tuple[Stored, Said]]:
        """The records to look at, each with what the index has of it."""
        asked = []
        found: list[tuple[Stored, Said]] = []
        for key, record in changed.items():
            if key in fresh:
                found.append((record, ()))
            elif key in dirty:
                asked.append(record)
            elif before[key].values != record.state.values:
                then = said_of(before[key], self.sources, self.terms.normalise)
                if then != self.said(record):
                    asked.append(record)
        indexed = await self.store.said([record.no for record in asked]) if asked else {}
        found += [(record, indexed.get(record.no, ())) for record in asked]
        return [(record, old) for record, old in found if anew or self.said(record) != old]

    async def _look(
        self,
        wanted: Collection[BlockKey],
        keys: Mapping[int, Collection[BlockKey]],
        components: Mapping[int, int],
        added: Counter[BlockKey],
        removed: Counter[BlockKey],
        weighed: Sequence[int],
    ) -> set[int]:
        """Weighs whom the blocks bring together. `keys` and `components`: of the records to be weighed, by number; `weighed`:
        those of them that may have been before."""
        # So many that a block which answers "as many" was above the cap before, too.
        blocks, kept_said = await self.store.mates({key: self.cap + 1 + added[key] for key in wanted})
        out: Counter[str] = Counter()
        crossed: list[list[int]] = []
        mates: dict[int, set[int]] = {}
        for key, members in blocks.items():
            over = self._over[key] = members is None or len(members) > self.cap
            if over:
                out[key[0]] += added[key]
            if members is None:
                continue
            was_over = len(members) - added[key] + removed[key] > self.cap
            if over and not was_over:
                crossed.append(members)
            elif was_over and not over:
                for at, number in enumerate(members):
                    mates.setdefault(number, set()).update(members[:at])
        for number, own in keys.items():
            found = {other for key in own if not self._over[key] for other in blocks[key] or ()}
            # Of two that are both to be weighed one is enough.
            mates.setdefault(number, set()).update(
                other for other in found if other < number or other not in keys
            )
            mates[number].discard(number)
        if out:
            self.terms.left_out(+out)
        likely = await self._likely(kept_said, mates)
        kept = [(*pair, one.weight) for pair, one in likely.items()]
        lost = self._lost + await self.store.doubt(weighed, kept)
        lost += await self._forget(crossed, kept_said)
        self._nearness.change(lost, kept)
        self._nearness.know(keys, components, kept)
        touched = await self._nearness.touched()
        if crowded := len(self._nearness.crowded.intersection(keys)):
            self.terms.left_out(Counter({CROWD: crowded}))
        return touched

    async def _forget(self, crossed: Iterable[Collection[int]], said: Mapping[int, Kept]) -> list[NearPair]:
        """What is kept of pairs that only a block brought together which is too large now."""
        kept = [pair for members in crossed for pair in await self.store.doubts(members)]
        open_ = {}
        for pair in kept:
            keys = [set(keys_of(said[number].said)) for number in pair[:2]]
            open_[pair] = keys[0] & keys[1]
        await self._measure({key for shared in open_.values() for key in shared})
        gone = {pair for pair, shared in open_.items() if all(self._over[key] for key in shared)}
        await self.store.undoubt([pair[:2] for pair in gone])
        return list(gone)

    async def _likely(
        self, said: Mapping[int, Kept], mates: Mapping[int, Collection[int]]
    ) -> dict[Numbers, Weighed]:
        """Many pairs are weighed in pieces beside the event loop: whoever records events must not wait for it."""
        found: dict[Numbers, Weighed] = {}
        piece: dict[int, list[int]] = {}
        pairs = 0
        for number, others in mates.items():
            if number not in said:
                continue
            piece[number] = [other for other in others if other in said]
            pairs += len(piece[number])
            if pairs > AT_ONCE:
                found |= await asyncio.to_thread(self.weigher.likely, said, piece)
                piece, pairs = {}, 0
        return found | self.weigher.likely(said, piece)

    async def _measure(self, keys: Collection[BlockKey]) -> None:
        """Finds out which blocks are above the cap."""
        unknown = [key for key in keys if key not in self._over]
        if unknown:
            blocks = await self.store.blocks(dict.fromkeys(unknown, self.cap + 1))
            self._over |= {key: members is None for key, members in blocks.items()}

    async def _blocked(self, saying: Collection[RecordKey], members: Mapping[RecordKey, Stored]) -> set[Pair]:
        """The candidates among many records."""
        local: dict[BlockKey, list[RecordKey]] = defaultdict(list)
        for key in saying:
            for block in self.keys(members[key]):
                local[block].append(key)
        shared = {block: held for block, held in local.items() if 1 < len(held) <= self.cap}
        await self._measure(shared.keys())
        return {
            pair for block, held in shared.items() if not self._over[block] for pair in combinations(held, 2)
        }
