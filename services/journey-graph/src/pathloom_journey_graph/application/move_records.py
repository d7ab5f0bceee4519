"""The customers feed: records change their customer, contacts their root and binding, people are erased."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pathloom_kit.clock import Clock

from pathloom_journey_graph.application.ownership import locked, owner_of
from pathloom_journey_graph.application.place_events import contacts_of, merged
from pathloom_journey_graph.application.ports import CustomerState, Disturbed, GraphTx, Record, WholeItem
from pathloom_journey_graph.application.save_folded import save_folded
from pathloom_journey_graph.domain.placing import item_id
from pathloom_journey_graph.domain.said import ties_of
from pathloom_journey_graph.domain.values import SECOND, Piece


@dataclass(frozen=True, slots=True)
class CustomerIs:
    """A customer that lives, with its records; none: it is now another one."""

    customer_id: str
    version: int
    epoch: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContactIs:
    """Whose a contact is. `bound_to` None: it stands under `own_customer_id`."""

    contact: str
    version: int
    epoch: str
    root: str
    bound_to: str | None
    own_customer_id: str


@dataclass(frozen=True, slots=True)
class Erased:
    """To be forgotten: a customer (empty: only records), records and contacts, everything received up to `at` (0: up to now)."""

    customer_id: str
    records: tuple[str, ...]
    at: int


Entry = CustomerIs | ContactIs | Erased


@dataclass(slots=True)
class _Move:
    """What one transaction knows and has touched."""

    records: dict[str, Record]
    before: dict[str, tuple[str | None, str | None, str | None]] = field(default_factory=dict)
    disturbed: Disturbed = field(default_factory=Disturbed)


@dataclass(frozen=True, slots=True)
class MoveRecords:
    """`secret` keys the ids of items; `watched` are the properties that some blueprint's rules read."""

    secret: bytes
    watched: frozenset[str]
    clock: Clock

    async def __call__(self, tx: GraphTx, entries: Sequence[Entry]) -> Disturbed:
        """In order; what that has touched, to be cut in the same transaction. An entry whose version is not above the one
        applied changes nothing."""
        customers = [e for e in entries if isinstance(e, CustomerIs)]
        contacts = [e for e in entries if isinstance(e, ContactIs)]
        erased = [e for e in entries if isinstance(e, Erased)]
        said: list[CustomerIs | Erased] = [*customers, *erased]
        states = await tx.customers({e.customer_id for e in said if e.customer_id})
        keys = {key for state in states.values() for key in state.claims}
        keys |= {key for e in said for key in e.records}
        keys |= {key for e in contacts for key in (e.contact, e.root, e.bound_to) if key}
        move = _Move(await locked(tx, keys))
        move.before = {key: (r.customer_id, r.root, r.bound_to) for key, r in move.records.items()}
        self._bind(contacts, move)
        await self._claim(tx, customers, states, move)
        changed = [
            r for key, r in move.records.items() if move.before[key] != (r.customer_id, r.root, r.bound_to)
        ]
        await tx.save_records([*changed, *(move.records[e.contact] for e in contacts)])
        await self._reroot(tx, [r for r in changed if r.root], move)
        await self._follow(tx, changed, move)
        for entry in erased:
            await self._erase(tx, entry, states.get(entry.customer_id), move)
        return move.disturbed

    def _bind(self, contacts: Iterable[ContactIs], move: _Move) -> None:
        for entry in contacts:
            record = move.records[entry.contact]
            if record.epoch == entry.epoch and record.version >= entry.version:
                continue
            record.version, record.epoch = entry.version, entry.epoch
            record.root, record.bound_to = entry.root, entry.bound_to
            record.customer_id = entry.own_customer_id or None

    async def _claim(
        self, tx: GraphTx, entries: Iterable[CustomerIs], states: dict[str, CustomerState], move: _Move
    ) -> None:
        """Who claims a record owns it. While an entry is still on its way, two may claim one; then the newest word counts."""
        touched: dict[str, str | None] = {}
        saved: dict[str, CustomerState] = {}
        for entry in entries:
            state = states[entry.customer_id]
            if state.epoch == entry.epoch and state.version >= entry.version:
                continue
            touched.update({key: touched.get(key) for key in state.claims})
            touched.update(dict.fromkeys(entry.records, entry.customer_id))
            state.version, state.epoch, state.claims = entry.version, entry.epoch, frozenset(entry.records)
            saved[state.id] = state
        await tx.save_claims(saved.values())
        claimants = await tx.claimants(touched)
        for key, said in touched.items():
            record = move.records[key]
            owner = said if said and key in states[said].claims else None
            if (
                owner is None
                and record.customer_id in states
                and key in states[record.customer_id or ""].claims
            ):
                owner = record.customer_id
            record.customer_id = owner or claimants.get(key)

    async def _reroot(self, tx: GraphTx, contacts: Iterable[Record], move: _Move) -> None:
        """A contact id that now belongs to another root takes its pieces there."""
        moving = {r.key: r for r in contacts if (move.before[r.key][1] or r.key) != r.root}
        if not moving:
            return
        ids = {key: item_id(self.secret, "contact", move.before[key][1] or key, "") for key in moving}
        targets = {key: item_id(self.secret, "contact", r.root or key, "") for key, r in moving.items()}
        items = await tx.items({*ids.values(), *targets.values()})
        emptied: set[str] = set()
        for key, record in moving.items():
            source = items.get(ids[key])
            taken = [p for p in source.pieces if p.contact == key] if source else []
            if source is None or not taken:
                continue
            move.disturbed.touch(source.customer_id, source.span, source.journey_id)
            root = record.root or key
            target = items.get(targets[key])
            if target is not None:
                move.disturbed.touch(target.customer_id, target.span, target.journey_id)
            items[targets[key]] = self._contact(
                root, merged(target.pieces if target else (), taken), target, move
            )
            emptied.discard(targets[key])
            rest = tuple(p for p in source.pieces if p.contact != key)
            if rest:
                items[source.id] = self._contact(source.record, rest, source, move)
            else:
                del items[source.id]
                emptied.add(source.id)
        await tx.delete_items(emptied)
        await save_folded(tx, items.values(), self.watched)
        for item in items.values():
            move.disturbed.touch(item.customer_id, item.span, item.journey_id)

    def _contact(
        self, root: str, pieces: tuple[Piece, ...], before: WholeItem | None, move: _Move
    ) -> WholeItem:
        holder, customer = owner_of(root, move.records)
        return WholeItem(
            item_id(self.secret, "contact", root, ""), "contact", root, "", holder, customer,
            min(p.at for p in pieces), max(p.at for p in pieces), ties_of(pieces), contacts_of(pieces),
            before.journey_id if before else "", before.next_id if before else "",
            pieces=pieces, tied=before.tied if before else frozenset(),
        )  # fmt: skip

    async def _follow(self, tx: GraphTx, changed: Sequence[Record], move: _Move) -> None:
        """Items go with their holder; contacts whose binding changed get another holder."""
        roots = [r.key for r in changed if r.root == r.key]
        items = {item.id: item for item in await tx.held([r.key for r in changed], roots)}
        missing = {item.record for item in items.values()} - move.records.keys()
        if missing:
            move.records.update(await locked(tx, missing))
        moved = []
        for item in items.values():
            holder, customer = owner_of(item.record, move.records)
            if (holder, customer) == (item.holder, item.customer_id):
                continue
            move.disturbed.touch(item.customer_id, item.span, item.journey_id)
            item.holder, item.customer_id = holder, customer
            move.disturbed.touch(item.customer_id, item.span)
            moved.append(item)
        await tx.hand_over(moved)

    async def _erase(self, tx: GraphTx, entry: Erased, state: CustomerState | None, move: _Move) -> None:
        """Everything of the records goes, contacts bound to them included; what comes late is refused from now on."""
        keys = {*entry.records, *(state.claims if state else ())}
        roots = {r.root for key in keys if (r := move.records.get(key)) and r.root}
        items = {item.id: item for item in await tx.held(keys, keys | roots)}
        for item in items.values():
            move.disturbed.touch(item.customer_id, item.span, item.journey_id)
            keys |= {item.record, *item.contacts} if item.kind == "contact" else set()
        await tx.delete_items(items)
        at = entry.at or round(self.clock.now().timestamp() * SECOND)
        await tx.forget(keys, [entry.customer_id] if entry.customer_id else [], at)
        move.disturbed.erase(entry.customer_id)
