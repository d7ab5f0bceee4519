"""Resolves events of the log into records, customers and bindings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pathloom_kit.feeds.cursor import Lane

from pathloom_identity.application.resolution import resolution
from pathloom_identity.application.resolution_store import ResolutionStore
from pathloom_identity.application.terms import Terms
from pathloom_identity.domain.events import Event
from pathloom_identity.domain.record_state import RecordState, fold
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.sources import Source
from pathloom_identity.domain.statements import Statement, statements
from pathloom_identity.domain.withdrawals import withdrawn, withdrawn_message


class UnknownSource(ValueError):
    """An event of the log is from a source that is not declared (any more): it cannot be read."""


@dataclass(frozen=True)
class ResolveEvents:
    """Applies events in one transaction. Doing so again, or in another order, changes nothing."""

    terms: Terms

    async def __call__(self, store: ResolutionStore, events: Sequence[Event], lane: Lane) -> None:
        sources = dict(await store.sources())
        named = [
            (e.source_id, message, e.event_id)
            for e in events
            if (message := withdrawn_message(e)) is not None
        ]
        targets = await store.withdraw(named) if named else set()
        fallen = await self._fallen(store, {e.event_id for e in events} | targets)
        said = [s for e in events for s in self._read(e, sources, fallen)]
        refolded = await self._refold_after(store, targets, sources) if targets else {}
        await (await resolution(store, self.terms))(said, lane, refolded=refolded)

    async def refold(self, store: ResolutionStore, keys: Collection[RecordKey], lane: Lane) -> None:
        """Folds records anew from the whole log, for instance when a source means something else now."""
        states = await self.from_log(store, keys)
        await (await resolution(store, self.terms))((), lane, refolded=states, dirty=keys)

    async def from_log(
        self, store: ResolutionStore, keys: Collection[RecordKey]
    ) -> dict[RecordKey, RecordState]:
        """What the log says of these records; those it says nothing of are left out."""
        return await self._from_log(store, keys, dict(await store.sources())) if keys else {}

    async def _refold_after(
        self, store: ResolutionStore, targets: Collection[str], sources: dict[str, Source]
    ) -> dict[RecordKey, RecordState]:
        bearing = await store.withdrawals(targets)
        touched = await store.events_by_id({i for pair in bearing for i in pair} | set(targets))
        keys = {s.record for e in touched for s in self._read(e, sources, set())}
        return await self._from_log(store, keys, sources)

    async def _from_log(
        self, store: ResolutionStore, keys: Collection[RecordKey], sources: dict[str, Source]
    ) -> dict[RecordKey, RecordState]:
        # What is said of a contact may stand in an event of another contact of its chain.
        stored = await store.records(keys)
        calls = {r.component for r in stored.values() if not r.key.is_person}
        wide = {*keys, *(r.key for r in await store.members(calls))} if calls else set(keys)
        events = await store.events_of(wide)
        fallen = await self._fallen(store, {e.event_id for e in events})
        said: dict[RecordKey, list[Statement]] = {}
        for event in events:
            for one in self._read(event, sources, fallen):
                said.setdefault(one.record, []).append(one)
        return {key: fold(None, said[key]) for key in wide if key in said}

    async def _fallen(self, store: ResolutionStore, event_ids: Collection[str]) -> set[str]:
        pairs = await store.withdrawals(event_ids)
        return withdrawn(pairs) if pairs else set()

    def _read(self, event: Event, sources: dict[str, Source], fallen: Collection[str]) -> list[Statement]:
        if event.erased:
            return []
        source = sources.get(event.source_id)
        if source is None:
            raise UnknownSource("an event's source is not declared")
        return statements(event, source, self.terms.normalise, withdrawn=event.event_id in fallen)
