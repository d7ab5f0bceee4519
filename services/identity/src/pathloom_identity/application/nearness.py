"""Who is near whom, read from the store only around what changed: the parts that crowds fall into."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from pathloom_identity.application.resolution_store import NearPair, ResolutionStore
from pathloom_identity.domain.evidence.crowds import STEP, within

Numbers = tuple[int, int]
_NOBODY: Mapping[int, int] = {}


@dataclass
class Nearness:
    """One transaction's. `bar`: a pair that weighs more, in BITs, is near. A part is of at most `whole` records."""

    store: ResolutionStore
    bar: int
    whole: int
    crowded: set[int] = field(default_factory=set)
    """Records that were looked at, of parts of which some pairs that are near connect nobody."""
    _near: dict[int, Mapping[int, int]] = field(default_factory=dict)
    """Of each record that was looked at, all whom it is near to now."""
    _components: dict[int, int] = field(default_factory=dict)
    _was: dict[int, dict[int, int | None]] = field(default_factory=dict)
    """Of pairs that changed what they weighed before, both ways; None where they were not near."""
    _parts: dict[int, frozenset[int]] = field(default_factory=dict)

    def change(self, lost: Iterable[NearPair], found: Iterable[NearPair]) -> None:
        """Pairs that the store forgot, and those that it keeps now; what is found stands."""
        before = {(a, b): weight for a, b, weight in lost if weight > self.bar}
        after = {(a, b): weight for a, b, weight in found if weight > self.bar}
        for pair in before.keys() | after.keys():
            if before.get(pair) != after.get(pair):
                for a, b in (pair, pair[::-1]):
                    self._was.setdefault(a, {}).setdefault(b, before.get(pair))
        self._near.clear()
        self._parts.clear()

    def know(
        self, numbers: Collection[int], components: Mapping[int, int], found: Iterable[NearPair]
    ) -> None:
        """All that these records are near to, which need not be read then; and components of records."""
        self._components.update(components)
        near: dict[int, dict[int, int]] = {number: {} for number in numbers}
        for a, b, weight in found:
            if weight > self.bar:
                for one, other in ((a, b), (b, a)):
                    if one in near:
                        near[one][other] = weight
        self._near.update(near)

    async def touched(self) -> set[int]:
        """The components of all whose part is another one than before. Whoever's part changes is in the part, before or
        now, of a record of which a pair changed, and that record's part changed, too."""
        numbers: set[int] = set()
        then: dict[int, frozenset[int]] = {}
        for number in self._was:
            before = then.get(number) or await self._walk(number, before=True)
            then.update(dict.fromkeys(before, before))
            now = await self.part(number)
            if before != now:
                numbers |= before | now
        return await self._components_of(numbers)

    async def part(self, number: int) -> frozenset[int]:
        """The part of a record."""
        found = self._parts.get(number)
        if found is None:
            found = await self._walk(number, before=False)
            self._parts.update(dict.fromkeys(found, found))
        return found

    async def beyond(self, numbers: Collection[int]) -> set[int]:
        """The components of whoever is of one part with these records and not among them."""
        wanted: set[int] = set()
        for number in numbers:
            wanted |= await self.part(number)
        return await self._components_of(wanted.difference(numbers))

    async def _walk(self, number: int, *, before: bool) -> frozenset[int]:
        bar = self.bar
        while True:
            unknown: set[int] = set()

            def near_to(one: int, unknown: set[int] = unknown) -> Mapping[int, int]:
                now = self._near.get(one)
                if now is None:
                    unknown.add(one)
                    return _NOBODY
                was = self._was.get(one) if before else None
                if not was:
                    return now
                # None: they were not near.
                return {other: weight for other, weight in {**now, **was}.items() if weight is not None}

            found = within(number, near_to, bar, self.whole)
            if found is None:
                bar += STEP
            elif unknown:
                await self._read(unknown)
            else:
                if bar > self.bar and not before:
                    self.crowded |= found
                return found

    async def _read(self, numbers: Collection[int]) -> None:
        """With all of their components: of these most belong to one part."""
        near: dict[int, dict[int, int]] = {number: {} for number in numbers}
        for number, component, other, weight in await self.store.near(numbers, self.bar):
            self._components[number] = component
            theirs = near.setdefault(number, {})
            if other is not None and weight is not None:
                theirs[other] = weight
        self._near.update(near)

    async def _components_of(self, numbers: Collection[int]) -> set[int]:
        if unknown := [number for number in numbers if number not in self._components]:
            await self._read(unknown)
        # Whoever was erased has none.
        return {self._components[number] for number in numbers if number in self._components}
