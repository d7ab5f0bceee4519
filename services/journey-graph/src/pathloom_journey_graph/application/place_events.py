"""Events arrive: their pieces are put where they belong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pathloom_journey_graph.application.ownership import locked, owner_of
from pathloom_journey_graph.application.ports import Disturbed, GraphTx, Record, Span, StoredItem, WholeItem
from pathloom_journey_graph.application.save_folded import save_folded
from pathloom_journey_graph.domain.placing import (
    VISIT_GAP,
    Place,
    correction_tie,
    item_id,
    place,
    visit_thread,
    visits,
)
from pathloom_journey_graph.domain.said import ties_of
from pathloom_journey_graph.domain.values import Piece


@dataclass(frozen=True, slots=True)
class PlaceEvents:
    """`secret` keys the ids of items; `watched` are the properties that some blueprint's rules read."""

    secret: bytes
    watched: frozenset[str]

    async def __call__(self, tx: GraphTx, pieces: Sequence[Piece]) -> Disturbed:
        """What that has touched, to be cut in the same transaction. Applying a piece again changes nothing."""
        disturbed = Disturbed()
        placed = [(piece, where) for piece in pieces if (where := place(piece)) is not None]
        if not placed:
            return disturbed
        keys = {where.record for _, where in placed} | {piece.record for piece, _ in placed}
        records = await locked(tx, keys)
        erased = await tx.erased_at(keys)
        placed = [
            (piece, where)
            for piece, where in placed
            if piece.received > max(erased.get(piece.record, -1), erased.get(piece.contact, -1))
        ]
        await self._leave_no_name(tx, erased, placed, records)
        changed = await self._threads(tx, [p for p in placed if p[1].kind != "visit"], records, disturbed)
        changed += await self._visits(tx, [p for p in placed if p[1].kind == "visit"], records, disturbed)
        await save_folded(tx, changed, self.watched)
        return disturbed

    async def _leave_no_name(
        self,
        tx: GraphTx,
        erased: Mapping[str, int],
        placed: Iterable[tuple[Piece, Place]],
        records: Mapping[str, Record],
    ) -> None:
        """Locking an erased record wrote its key down again: it goes, unless somebody new is there by now."""
        spoken = {key for piece, _ in placed for key in (piece.record, piece.contact)}
        empty = [
            k for k in erased if k not in spoken and records[k].customer_id is None and not records[k].root
        ]
        if empty:
            await tx.forget(empty, [], max(erased.values()))

    async def _threads(
        self,
        tx: GraphTx,
        placed: Iterable[tuple[Piece, Place]],
        records: Mapping[str, Record],
        disturbed: Disturbed,
    ) -> list[WholeItem]:
        """Contacts, surveys, messages, marks and single events: an item each, known by its thread. Those to be saved."""
        arrived: dict[str, tuple[Place, list[Piece]]] = {}
        for piece, where in placed:
            if where.kind == "contact":
                where = replace(where, record=records[where.record].root or where.record)
            key = item_id(self.secret, where.kind, where.record, where.thread)
            arrived.setdefault(key, (where, []))[1].append(piece)
        known = await tx.items(arrived)
        changed = []
        for key, (where, fresh) in arrived.items():
            before = known.get(key)
            pieces = merged(before.pieces if before else (), fresh)
            if before is not None and pieces == before.pieces:
                continue
            item = self._item(key, where.kind, where.record, where.thread, pieces, records, before)
            changed.append(item)
            _note(disturbed, before, item)
            if where.kind == "correction":
                await self._corrected(tx, where.record, disturbed)
        return changed

    async def _visits(
        self,
        tx: GraphTx,
        placed: Iterable[tuple[Piece, Place]],
        records: Mapping[str, Record],
        disturbed: Disturbed,
    ) -> list[WholeItem]:
        """Digital pieces join, bridge or begin visits of their record. Those to be saved."""
        arrived: dict[str, list[Piece]] = {}
        for piece, where in placed:
            arrived.setdefault(where.record, []).append(piece)
        if not arrived:
            return []
        spans: dict[str, Span] = {
            r: (min(p.at for p in ps), max(p.at for p in ps)) for r, ps in arrived.items()
        }
        near: dict[str, list[WholeItem]] = {}
        for item in await tx.visits_near(spans, VISIT_GAP):
            near.setdefault(item.record, []).append(item)
        changed: list[WholeItem] = []
        gone: set[str] = set()
        for record, fresh in arrived.items():
            before = {item.id: item for item in near.get(record, ())}
            now = self.visits_of(
                record, merged([p for i in before.values() for p in i.pieces], fresh), records, before
            )
            for item in now:
                if item.id not in before or item.pieces != before[item.id].pieces:
                    changed.append(item)
                    _note(disturbed, before.get(item.id), item)
            for key in before.keys() - {item.id for item in now}:
                gone.add(key)
                disturbed.touch(before[key].customer_id, before[key].span, before[key].journey_id)
        await tx.delete_items(gone)
        return changed

    def visits_of(
        self,
        record: str,
        pieces: Iterable[Piece],
        records: Mapping[str, Record],
        before: Mapping[str, WholeItem],
    ) -> list[WholeItem]:
        """One item for each visit that the pieces make."""
        found = []
        for visit in visits(pieces):
            thread = visit_thread(visit)
            key = item_id(self.secret, "visit", record, thread)
            found.append(self._item(key, "visit", record, thread, tuple(visit), records, before.get(key)))
        return found

    async def _corrected(self, tx: GraphTx, record: str, disturbed: Disturbed) -> None:
        """A correction without a contact may change anything that its record holds outside contacts."""
        for item in await tx.of_records([record]):
            if item.kind not in ("contact", "correction"):
                disturbed.touch(item.customer_id, item.span, item.journey_id)

    def _item(
        self, key: str, kind: str, record: str, thread: str, pieces: tuple[Piece, ...], records: Mapping[str, Record],
        before: WholeItem | None,
    ) -> WholeItem:  # fmt: skip
        holder, customer = owner_of(record, records)
        refs = ties_of(pieces) | ({correction_tie(record)} if kind == "correction" else frozenset())
        return WholeItem(
            key, kind, record, thread, holder, customer, min(p.at for p in pieces), max(p.at for p in pieces),
            refs, contacts_of(pieces), before.journey_id if before else "", before.next_id if before else "",
            pieces=pieces, tied=before.tied if before else frozenset(),
        )  # fmt: skip


def merged(before: Iterable[Piece], fresh: Iterable[Piece]) -> tuple[Piece, ...]:
    """By event, the newer reading of each; in order of time."""
    pieces = {piece.event_id: piece for piece in (*before, *fresh)}
    return tuple(sorted(pieces.values(), key=lambda p: (p.at, p.event_id)))


def contacts_of(pieces: Iterable[Piece]) -> frozenset[str]:
    """The contact ids that pieces are of."""
    return frozenset(p.contact for p in pieces if p.contact)


def _note(disturbed: Disturbed, before: StoredItem | None, now: StoredItem) -> None:
    disturbed.touch(now.customer_id, now.span, now.journey_id)
    if before is not None:
        disturbed.touch(before.customer_id, before.span, before.journey_id)
