"""Resolving: statements change records, records change customers, customers change whose contacts are whose."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pathloom_kit.feeds.cursor import Lane

from pathloom_identity.application.changes import change_of
from pathloom_identity.application.evidence import Evidence
from pathloom_identity.application.resolution_store import IndexRow, New, ResolutionStore, Stored
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.times import micros
from pathloom_identity.domain import contacts as contact_rules
from pathloom_identity.domain import households
from pathloom_identity.domain.clustering import Pair, Rules, Weights, cluster
from pathloom_identity.domain.components import components
from pathloom_identity.domain.customers import customer_of
from pathloom_identity.domain.households import household, household_values
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState, fold
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.reviews import Change
from pathloom_identity.domain.sources import policies
from pathloom_identity.domain.statements import Statement
from pathloom_identity.domain.things import ContactThing, Merged, Thing

#: Contacts of one value that are bound again in the transaction that changed its owners; the rest follow later.
BIND_AT_ONCE = 100


def index_rows(state: RecordState | None) -> dict[Identifier, bool]:
    """The identifiers that lead to a record and whether they join; links that may not join lead nowhere."""
    if state is None:
        return {}
    joining = state.joining()
    return {**dict.fromkeys(state.finding(), False), **dict.fromkeys(joining, True)}


@dataclass
class Resolution:
    """One transaction's work. Make one for each, by `resolution`."""

    store: ResolutionStore
    rules: Rules
    now: Callable[[], int]
    evidence: Evidence | None = None
    things: list[Thing] = field(default_factory=list)
    _joining: dict[Identifier, int] = field(default_factory=dict)
    _leading: set[Identifier] = field(default_factory=set)
    _held: dict[Identifier, int] = field(default_factory=dict)
    _shared: set[Identifier] = field(default_factory=set)
    _fresh: set[RecordKey] = field(default_factory=set)
    _own: set[Identifier] = field(default_factory=set)
    """Values that lead to one record, which has only now come: nobody else is asked for."""
    changes: list[Change] = field(default_factory=list)

    async def __call__(
        self,
        said: Iterable[Statement],
        lane: Lane,
        *,
        refolded: Mapping[RecordKey, RecordState] | None = None,
        dirty: Collection[RecordKey] = (),
        contacts: Collection[int] = (),
        anew: bool = False,
    ) -> None:
        """Applies statements, and states folded anew from the log in place of what is stored; settles `dirty` records
        and the contacts of these components even where nothing was said; publishes what came of it. `anew`: dirty
        records are weighed as if they had only come now."""
        changed, before = await self._change(said, refolded or {})
        if dirty:
            changed |= {key: r for key, r in (await self.store.records(dirty)).items() if key not in changed}
        people = {key: r for key, r in changed.items() if key.is_person}
        calls = [r for key, r in changed.items() if not key.is_person]
        reached: set[int] = set()
        if self.evidence:
            reached = await self.evidence.follow(people, before, self._fresh, dirty, anew)
        await self._settle_people(list(people.values()), reached)
        await self._settle_households()
        await self._settle_contacts(calls, contacts)
        if self.changes:
            await self.store.changed(self.changes, self.now())
        if self.things:
            await self.store.publish(self.things, lane)

    def lead_to(self, values: Iterable[Identifier]) -> None:
        """Whoever holds these values changed in another way: contacts that hold them are bound again."""
        gone = set(values)
        self._leading.update(gone)
        self.share(gone)

    def share(self, values: Iterable[Identifier]) -> None:
        """The households of these values are worked out anew."""
        self._shared.update(value for value in values if value.type in households.TYPES)

    async def _change(
        self, said: Iterable[Statement], refolded: Mapping[RecordKey, RecordState]
    ) -> tuple[dict[RecordKey, Stored], dict[RecordKey, RecordState]]:
        """The records that changed, and the states of those that were there before."""
        by_key: dict[RecordKey, list[Statement]] = {}
        for one in said:
            by_key.setdefault(one.record, []).append(one)
        stored = await self.store.records(by_key.keys() | refolded.keys())
        before = {key: record.state for key, record in stored.items()}
        after = {**refolded}
        for key in refolded.keys() & stored.keys():
            # That something was named is never unsaid, even where all that was said of it is.
            first_seen = min(before[key].first_seen, refolded[key].first_seen)
            after[key] = replace(refolded[key], first_seen=first_seen)
        for key, statements in by_key.items():
            after[key] = fold(after.get(key, before.get(key)), statements)
        new = {key: self._new(key, state) for key, state in after.items() if key not in stored}
        fresh, shared = await self.store.create(new)
        self._fresh.update(fresh)
        self._own = {value for one in new.values() for value in one.leading} - shared
        self._own -= self._leading | self._shared  # of what was lost before, in this transaction
        self._held.update(dict.fromkeys(self._own, 1))
        changed = dict(fresh)
        for key, record in stored.items():
            if after[key] != before[key]:
                record.state = after[key]
                changed[key] = record
        await self.store.save([r for key, r in changed.items() if key not in fresh])
        await self._reindex(changed, before)
        return changed, before

    def _new(self, key: RecordKey, state: RecordState) -> New:
        if self.evidence and key.is_person:
            return New(state, index_rows(state), *self.evidence.new(key, state))
        return New(state, index_rows(state))

    async def _reindex(
        self, changed: Mapping[RecordKey, Stored], before: Mapping[RecordKey, RecordState]
    ) -> None:
        added: list[tuple[Stored, IndexRow]] = []
        removed: list[tuple[Stored, Identifier]] = []
        led: set[Identifier] = set()
        for key, record in changed.items():
            old, new = index_rows(before.get(key)), index_rows(record.state)
            if key.is_person and key in before and before[key].first_seen != record.state.first_seen:
                self._leading.update(new)  # the oldest holder goes first
            if key.is_person:
                had, has = household_values(before.get(key)), household_values(record.state)
                self._shared.update(had ^ has)
            for identifier in old.keys() | new.keys():
                was, now = old.get(identifier), new.get(identifier)
                if was is now:
                    continue
                if identifier in led:
                    self._own.discard(identifier)
                led.add(identifier)
                if now is None:
                    removed.append((record, identifier))
                elif key not in self._fresh:
                    added.append((record, (identifier, now)))
                if was or now:
                    self._joining[identifier] = self._joining.get(identifier, 0) + (1 if now else -1)
                if key.is_person:
                    self._leading.add(identifier)
                    self.share([identifier])  # also one who only claims it is one of too many
        if added or removed:
            await self.store.index(added, removed)

    async def _reach(self, records: list[Stored], extra: Collection[int], *, contact: bool) -> set[int]:
        """Components to look at: of the records, and of whoever holds a joining value that came or went."""
        kind = {"contact_id"} if contact else set()
        values = [i for i in self._joining if (i.type in kind) == contact]
        cap = self.rules.demote_over
        most = max((self._joining[i] for i in values), default=0)
        found = {r.component for r in records} | set(extra)
        if values := [value for value in values if value not in self._own]:
            limit = 1_000_000 if contact else cap + 1 + max(most, 0)
            for identifier, held in (await self.store.holders(values, contact, limit)).items():
                self._held[identifier] = len(held)
                # A value that was shared by too many before, and is now, joins nobody: nothing changes by it.
                if contact or len(held) - max(self._joining[identifier], 0) <= cap:
                    found.update(held)
        return found

    async def _settle_people(self, changed: list[Stored], reached: Collection[int]) -> None:
        if not changed and not reached:
            return
        wanted = await self._reach(changed, reached, contact=False)
        # Whoever has only now come is a component of its own, and nobody else is in it.
        members = {r.key: r for r in changed if r.key in self._fresh}
        known = wanted - {r.component for r in members.values()}
        members |= {r.key: r for r in await self.store.members(known)} if known else {}
        while True:
            decisions, others = await self.store.decisions([r.no for r in members.values()])
            if self.evidence:
                others |= await self.evidence.beyond(members.values())
            if others <= wanted:
                break
            members.update({r.key: r for r in await self.store.members(others - wanted)})
            wanted |= others
        states = {key: record.state for key, record in members.items()}
        demoted = await self._demoted(states)

        def connect(near: Iterable[Pair]) -> list[set[RecordKey]]:
            return components(states, demoted, decisions, near)

        weights, found = (
            await self.evidence.weigh(members, connect) if self.evidence else (Weights(), connect(()))
        )
        _assign_components(members, found)
        moved = []
        pins = await self.store.pins([r.no for r in members.values()])
        owned = {key: record.customer_id for key, record in members.items()}
        for group in cluster(states, decisions, self.rules, demoted, weights):
            leader = members[group.members[0]]
            leader.known = True
            for key in group.members:
                record = members[key]
                if record.customer_id != leader.own_id:
                    moved.append(record)
                    if key not in self._fresh:
                        self.changes.append(
                            change_of(record.key, leader.own_id, group, owned, members, decisions)
                        )
                    record.customer_id = leader.own_id
                if record is not leader and record.known:
                    self.things.append(Merged(record.own_id, leader.own_id))
            own = {key: members[key].own_id for key in group.members}
            self.things.append(customer_of(group, states, own, self.rules.survivorship, pins))
        await self.store.assign(list(members.values()))
        for record in moved:
            self._leading.update(index_rows(record.state))
            self._shared.update(household_values(record.state))

    async def _settle_households(self) -> None:
        """Every value whose holders, or their customers, changed."""
        shared = self._shared - self._own
        if not shared:
            return
        homes = await self.store.homes(shared, self.rules.demote_over)
        for value in sorted(shared):
            home = homes[value]
            living = [customer for customer, state in home.holders if value in household_values(state)]
            made = household(home.household_id, value, living)
            if made.customer_ids or home.published:
                self.things.append(made)

    async def _demoted(self, states: Mapping[RecordKey, RecordState]) -> frozenset[Identifier]:
        values = {i for state in states.values() for i in state.joining()}
        cap = self.rules.demote_over
        held = await self.store.holders(values - self._held.keys(), False, cap + 1)
        self._held.update({i: len(found) for i, found in held.items()})
        return frozenset(i for i in values if self._held[i] > cap)

    async def _settle_contacts(self, changed: list[Stored], extra: Collection[int]) -> None:
        wanted = await self._reach(changed, extra, contact=True) if changed or extra else set()
        leading = {i for i in self._leading - self._own if i.type != "contact_id"}
        if leading:
            reached, more = await self.store.contacts_holding(leading, BIND_AT_ONCE)
            wanted |= reached
            await self.store.later(more)
        if not wanted:
            return
        members = {r.key: r for r in await self.store.members(wanted)}
        states = {key: record.state for key, record in members.items()}
        _assign_components(members, components(states))
        roots = contact_rules.roots(states)
        owners = await self.store.owners(
            {i for s in states.values() for i in contact_rules.identifiers([s])}, self.rules.demote_over
        )
        targets = {b.record for s in states.values() for b in s.binds.values() if b.record is not None}
        targets |= {o.record for found in owners.values() for o in found.holders}
        people = await self.store.records(targets)
        customers = {key: record.customer_id for key, record in people.items()}
        chains: dict[RecordKey, list[RecordKey]] = {}
        for key, root in roots.items():
            chains.setdefault(root, []).append(key)
        for root, keys in chains.items():
            binding = contact_rules.bind([states[key] for key in keys], owners, customers)
            for key in keys:
                record = members[key]
                record.bound_no = people[binding.bound_to].no if binding.bound_to else None
                self.things.append(ContactThing(key, record.own_id, root, binding))
        await self.store.assign(list(members.values()))


def _assign_components(members: Mapping[RecordKey, Stored], found: Iterable[Collection[RecordKey]]) -> None:
    for keys in found:
        number = min(members[key].no for key in keys)
        for key in keys:
            members[key].component = number


async def resolution(store: ResolutionStore, terms: Terms) -> Resolution:
    """One transaction's, by the sources and the model in force. ModelUnreadable."""
    sources = await store.sources()
    weigher = terms.weigher
    if weigher is not None and (digest := await store.model_in_force()) is not None:
        weigher = await terms.weighers.of(digest, store.model_text)
    evidence = Evidence(store, terms, weigher, sources) if weigher else None
    rules = Rules(policies(sources.values()), terms.demote_over, terms.survivorship)
    return Resolution(store, rules, lambda: micros(terms.clock.now()), evidence)
