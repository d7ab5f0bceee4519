"""Cutting again what a transaction has touched, and publishing the journeys that differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pathloom_kit.clock import Clock
from pathloom_kit.feeds.cursor import Lane

from pathloom_journey_graph.application.ports import (
    Change,
    Disturbed,
    GraphTx,
    Span,
    StoredItem,
    WholeItem,
)
from pathloom_journey_graph.domain.blueprint import Blueprints
from pathloom_journey_graph.domain.cut import cut, segments
from pathloom_journey_graph.domain.fold import fold_item
from pathloom_journey_graph.domain.placing import correction_tie
from pathloom_journey_graph.domain.values import SECOND, Item, Piece

_FIRST_REACH = 3  # longest silences read to each side at first; most windows need no second look


@dataclass(frozen=True, slots=True)
class Recut:
    """Needs the blueprints in force and the generation that they make."""

    blueprints: Blueprints
    clock: Clock
    generation: int = 1

    async def __call__(self, tx: GraphTx, disturbed: Disturbed, lane: Lane, traceparent: str = "") -> int:
        """The windows around what was disturbed, no more. The records' locks must be held; takes those of the customers.
        Returns how many journeys were published."""
        spans = {customer: list(found) for customer, found in disturbed.spans.items()}
        for customer, span in await tx.journey_spans(disturbed.journeys):
            spans.setdefault(customer, []).append(span)
        owners = await tx.lock_customers({c: max(hi - lo for lo, hi in found) for c, found in spans.items()})
        windows = await self.windows(tx, spans, {c: owner.longest for c, owner in owners.items()})
        folded = await self.folded(tx, [item for window in windows.values() for item in window.values()])
        gone = set(disturbed.journeys)
        as_of = round(self.clock.now().timestamp() * SECOND)
        changes: dict[str, Change] = {}
        relinked: list[StoredItem] = []
        for customer in sorted(windows):
            stored = windows[customer]
            gone |= {item.journey_id for item in stored.values() if item.journey_id}
            journeys = cut([folded[key] for key in stored if key in folded], self.blueprints, as_of)
            place: dict[str, tuple[str, str]] = {}
            for journey in journeys:
                changes[journey.id] = Change(
                    journey.id, customer, owners[customer].version, journey, self.generation
                )
                place.update(dict.fromkeys(journey.items, (journey.id, "")))
                ids = [*(t.id for t in journey.touchpoints), ""]
                place.update({a: (journey.id, b) for a, b in pairwise(ids)})
            for item in stored.values():
                journey_id, next_id = place.get(item.id, ("", ""))
                if (item.journey_id, item.next_id) != (journey_id, next_id):
                    item.journey_id, item.next_id = journey_id, next_id
                    relinked.append(item)
        changes.update({key: Change(key) for key in gone - changes.keys()})
        return await tx.publish([changes[key] for key in sorted(changes)], relinked, lane, traceparent)

    @property
    def watched(self) -> frozenset[str]:
        """Properties that some blueprint's rules read."""
        return self.blueprints.watched()

    async def folded(self, tx: GraphTx, stored: Sequence[StoredItem]) -> dict[str, Item]:
        """By id, what the items fold into. Most were folded when they were saved; whatever a correction is about, and what was
        folded by other code or under other blueprints, is folded anew from its pieces."""
        corrected = {item.record for item in stored if item.kind == "correction"}
        found, anew = dict[str, Item](), list[str]()
        for item in stored:
            if item.folded is not None and (item.kind == "contact" or item.record not in corrected):
                found[item.id] = item.folded
            else:
                anew.append(item.id)
        if anew:
            found.update({item.id: item for item in self.fold((await tx.items(anew)).values())})
        return found

    def fold(self, whole: Iterable[WholeItem]) -> list[Item]:
        """What pieces fold into. Corrections of a record without a contact apply to all that it holds."""
        kept = list(whole)
        corrections: dict[str, tuple[Piece, ...]] = {
            i.record: i.pieces for i in kept if i.kind == "correction"
        }
        watched = self.watched
        folded = (
            fold_item(
                i.id, i.kind, i.record, i.pieces, watched=watched,
                corrections=() if i.kind == "contact" else corrections.get(i.record, ()),
            )
            for i in kept
            if i.kind != "correction"
        )  # fmt: skip
        return [item for item in folded if item is not None]

    async def windows(
        self, tx: GraphTx, wanted: Mapping[str, Iterable[Span]], longest: Mapping[str, int]
    ) -> dict[str, dict[str, StoredItem]]:
        """By customer, the items that the cut around the spans depends on: whole segments between silences longer than
        any allowed, and whatever is tied to them. `longest` is the length of each customer's longest item."""
        gap = self.blueprints.longest_silence
        found: dict[str, dict[str, StoredItem]] = {customer: {} for customer in wanted}
        asked: set[tuple[str, str]] = set()
        todo = [
            (c, lo, hi, _FIRST_REACH * gap) for c, spans in wanted.items() for lo, hi in _merged(spans, gap)
        ]
        while todo:
            rows: dict[str, dict[str, StoredItem]] = {}
            for item in await tx.around(
                [(c, longest[c], lo - reach, hi + reach) for c, lo, hi, reach in todo]
            ):
                if item.customer_id:
                    rows.setdefault(item.customer_id, {})[item.id] = item
            again: list[tuple[str, int, int, int]] = []
            fresh: list[StoredItem] = []
            for customer, lo, hi, reach in todo:
                near = {
                    k: i
                    for k, i in rows.get(customer, {}).items()
                    if i.last >= lo - reach and i.start <= hi + reach
                }
                chosen, whole = _segment(near, lo, hi, reach, gap)
                if not whole:
                    again.append((customer, lo, hi, reach * 4))
                    continue
                fresh += [i for i in chosen if i.id not in found[customer]]
                found[customer].update({i.id: i for i in chosen if i.id not in found[customer]})
            naming = {(i.customer_id or "", tie) for i in fresh for tie in _ties(i)} - asked
            asked |= naming
            # Whoever is here under that name need not be looked for.
            here = {(i.customer_id or "", name) for i in fresh for name in (i.record, *i.contacts)}
            named = naming - here
            for key, customer, (lo, hi) in await tx.tied(sorted(naming), sorted(named)):
                if key not in found[customer]:
                    again.append((customer, lo, hi, _FIRST_REACH * gap))
            todo = again
        return found


def _ties(item: StoredItem) -> frozenset[str]:
    """What it names, and the names by which others may know it."""
    if item.kind == "contact":
        return item.refs | {item.record} | item.contacts
    return item.refs | {correction_tie(item.record)}


def _merged(spans: Iterable[Span], gap: int) -> list[Span]:
    """Spans that lie within `gap` of each other are asked for as one."""
    found: list[Span] = []
    for lo, hi in sorted(spans):
        if found and lo - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(found[-1][1], hi))
        else:
            found.append((lo, hi))
    return found


def _segment(
    near: Mapping[str, StoredItem], lo: int, hi: int, reach: int, gap: int
) -> tuple[list[StoredItem], bool]:
    """The items of the segments that touch lo..hi, and whether what was read shows where they end."""
    chosen: list[StoredItem] = []
    first, last = lo, hi
    for ids in segments(((i.start, i.last, k) for k, i in near.items()), gap):
        members = [near[k] for k in ids]
        begin, end = min(i.start for i in members), max(i.last for i in members)
        if end >= lo - gap and begin <= hi + gap:
            chosen += members
            first, last = min(first, begin), max(last, end)
    return chosen, first - gap >= lo - reach and last + gap <= hi + reach
