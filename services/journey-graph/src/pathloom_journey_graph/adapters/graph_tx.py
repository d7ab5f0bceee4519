"""One transaction on Neo4j."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neo4j import AsyncManagedTransaction
from pathloom_kit.feeds.cursor import Lane

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.folds import pack_item, print_of, unpack_item
from pathloom_journey_graph.adapters.journeys_proto import entry_of
from pathloom_journey_graph.adapters.pieces import pack, unpack
from pathloom_journey_graph.adapters.rows import do, rows_of
from pathloom_journey_graph.application.ports import (
    Change,
    CustomerState,
    Disturbed,
    LockedCustomer,
    Record,
    Span,
    StoredItem,
    WholeItem,
)
from pathloom_journey_graph.domain.paths import ended, steps_of_journey

STEP_SEPARATOR = "\x1f"
UNCUT = "uncut"
PARTITION = 0


def head_id(lane: Lane) -> str:
    """The node that holds the newest number of the journeys feed's lane."""
    return f"journeys|{PARTITION}|{lane.name}"


class Neo4jGraphTx:
    """Implements GraphTx. `secret` keys the hashes of what was erased, `folding` names what folds items here."""

    def __init__(self, tx: AsyncManagedTransaction, secret: bytes, folding: str) -> None:
        self._tx = tx
        self._secret = secret
        self._folding = folding

    async def _rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        if any(value == [] for value in parameters.values()):
            return []  # every query that takes a list unwinds it
        return await rows_of(self._tx, query, **parameters)

    async def _do(self, query: str, rows: Sequence[Any], name: str = "rows", **more: Any) -> None:
        if rows:
            await do(self._tx, query, **{name: list(rows), **more})

    async def lock_records(self, keys: Iterable[str]) -> dict[str, Record]:
        rows = await self._rows(cypher.LOCK_RECORDS, keys=sorted(set(keys)))
        return {row["key"]: Record(**row) for row in rows}

    async def save_records(self, records: Iterable[Record]) -> None:
        rows = [
            {"key": r.key, "customer_id": r.customer_id, "root": r.root, "bound_to": r.bound_to, "version": r.version,
             "epoch": r.epoch}
            for r in records
        ]  # fmt: skip
        await self._do(cypher.SAVE_RECORDS, rows)

    def _hash(self, key: str) -> str:
        return hashlib.blake2b(key.encode(), digest_size=20, key=self._secret, person=b"erased").hexdigest()

    def hashed(self, keys: Iterable[str]) -> list[str]:
        """What may stay of the keys of erased records."""
        return [self._hash(key) for key in keys]

    async def erased_at(self, keys: Iterable[str]) -> Mapping[str, int]:
        hashes = {self._hash(key): key for key in keys}
        rows = await self._rows(cypher.ERASED_AT, hashes=list(hashes))
        return {hashes[row["hash"]]: row["at"] for row in rows}

    async def lock_customers(self, longest: Mapping[str, int]) -> dict[str, LockedCustomer]:
        rows = [{"id": key, "longest": length} for key, length in sorted(longest.items())]
        return {
            row["id"]: LockedCustomer(row["version"], row["longest"])
            for row in await self._rows(cypher.LOCK_CUSTOMERS, rows=rows)
        }

    async def leave_uncut(self, disturbed: Disturbed) -> None:
        await rows_of(self._tx, cypher.UNCUT_SINCE, id=UNCUT, lane=int(Lane.BULK))
        rows = [
            {"id": key, "first": min(lo for lo, _ in spans), "last": max(hi for _, hi in spans),
             "longest": max(hi - lo for lo, hi in spans)}
            for key, spans in sorted(disturbed.spans.items())
        ]  # fmt: skip
        await self._do(cypher.LEAVE_CUSTOMERS, rows)
        await self._do(cypher.LEAVE_JOURNEYS, sorted(disturbed.journeys), "ids")

    async def take_uncut(self, customers: Sequence[str], journeys: Sequence[str]) -> Disturbed:
        rows = await self._rows(cypher.TAKE_CUSTOMERS, ids=sorted(customers))
        taken = await self._rows(cypher.TAKE_JOURNEYS_OF, ids=[row["id"] for row in rows])
        taken += await self._rows(cypher.TAKE_JOURNEYS, ids=sorted(journeys))
        spans = {row["id"]: [(row["first"], row["last"])] for row in rows}
        return Disturbed(spans, {row["id"] for row in taken})

    async def customers(self, ids: Iterable[str]) -> dict[str, CustomerState]:
        wanted = set(ids)
        known = _customers(await self._rows(cypher.READ_CUSTOMERS, ids=sorted(wanted)))
        return {key: known.get(key) or CustomerState(key) for key in wanted}

    async def claimants(self, keys: Iterable[str]) -> Mapping[str, str]:
        rows = await self._rows(cypher.CLAIMANTS, keys=list(keys))
        return {row["key"]: row["id"] for row in rows}

    async def save_claims(self, customers: Iterable[CustomerState]) -> None:
        rows = [
            {"id": c.id, "version": c.version, "epoch": c.epoch, "claims": sorted(c.claims)}
            for c in customers
        ]
        await self._do(cypher.SAVE_CUSTOMERS, rows)

    async def items(self, ids: Iterable[str]) -> dict[str, WholeItem]:
        return {item.id: item for item in whole_items(await self._rows(cypher.ITEMS, ids=sorted(set(ids))))}

    async def visits_near(self, spans: Mapping[str, Span], gap: int) -> list[WholeItem]:
        rows = [{"record": key, "lo": lo - gap, "hi": hi + gap} for key, (lo, hi) in spans.items()]
        return whole_items(await self._rows(cypher.VISITS_NEAR, rows=rows))

    async def held(self, holders: Iterable[str], records: Iterable[str]) -> list[StoredItem]:
        of = {"holders": sorted(set(holders)), "records": sorted(set(records))}
        return stored_items(await rows_of(self._tx, cypher.HELD, **of)) if any(of.values()) else []

    async def of_records(self, records: Iterable[str]) -> list[StoredItem]:
        return stored_items(await self._rows(cypher.OF_RECORDS, keys=sorted(set(records))))

    async def of_journeys(self, ids: Iterable[str]) -> list[StoredItem]:
        return stored_items(await self._rows(cypher.OF_JOURNEYS, ids=sorted(set(ids))))

    async def journey_spans(self, ids: Iterable[str]) -> list[tuple[str, Span]]:
        rows = await self._rows(cypher.JOURNEY_SPANS, ids=sorted(set(ids)))
        return [(row["customer_id"], (row["start"], row["last"])) for row in rows]

    async def around(self, spans: Sequence[tuple[str, int, int, int]]) -> list[StoredItem]:
        rows = [
            {"customer_id": c, "earliest": lo - longest, "lo": lo, "hi": hi} for c, longest, lo, hi in spans
        ]
        found = []
        for row in await self._rows(cypher.AROUND, rows=rows):
            item = StoredItem(*_columns(row))
            item.folded = unpack_item(row["folded"], row["folded_by"], self._folding)
            found.append(item)
        return found

    async def tied(
        self, naming: Sequence[tuple[str, str]], named: Sequence[tuple[str, str]]
    ) -> list[tuple[str, str, Span]]:
        of = {
            "naming": [{"customer_id": c, "tie": tie} for c, tie in naming],
            "named": [{"customer_id": c, "tie": tie} for c, tie in named if "|contact|" in tie],
        }
        found = await rows_of(self._tx, cypher.TIED, **of) if any(of.values()) else []
        return [(row["id"], row["customer_id"], (row["start"], row["last"])) for row in found]

    async def save_items(self, items: Iterable[WholeItem]) -> None:
        kept = list(items)
        rows = [
            {"id": i.id, "kind": i.kind, "record": i.record, "thread": i.thread, "holder": i.holder,
             "customer_id": i.customer_id, "start": i.start, "last": i.last, "refs": sorted(i.refs),
             "contacts": sorted(i.contacts), "pieces": pack(i.pieces), "folded": pack_item(i.folded),
             "folded_by": self._folding, "waiting": True if i.customer_id is None else None,
             "touch": i.kind not in ("mark", "correction")}
            for i in kept
        ]  # fmt: skip
        untied = [{"id": i.id, "refs": sorted(i.tied - i.refs)} for i in kept if i.tied - i.refs]
        tied = [{"id": i.id, "refs": sorted(i.refs - i.tied)} for i in kept if i.refs - i.tied]
        await self._do(cypher.SAVE_ITEMS, rows, untied=untied, tied=tied)

    async def hand_over(self, items: Iterable[StoredItem]) -> None:
        rows = [
            {"id": i.id, "holder": i.holder, "customer_id": i.customer_id,
             "waiting": True if i.customer_id is None else None}
            for i in items
        ]  # fmt: skip
        await self._do(cypher.HAND_OVER, rows)

    async def delete_items(self, ids: Iterable[str]) -> None:
        await self._do(cypher.DELETE_ITEMS, sorted(ids), "ids")

    async def publish(
        self, changes: Sequence[Change], relinked: Iterable[StoredItem], lane: Lane, traceparent: str
    ) -> int:
        wanted = {change.journey_id: change for change in changes}
        known = {row["id"]: row for row in await self._rows(cypher.PRINTS, ids=list(wanted))}
        entries: list[dict[str, Any]] = []
        for key, change in wanted.items():
            before = known.get(key)
            if before is None and change.journey is None:
                continue
            mark = print_of(change, self._folding)
            same = before is not None and before["print"] == mark
            if (
                before is not None
                and same
                and (lane is Lane.BULK or before["live_version"] == before["version"])
            ):
                continue
            version = before["version"] + (not same) if before is not None else 1
            entries.append({
                "id": key, "entry": entry_of(change), "print": mark, "version": version, "traceparent": traceparent,
                "nth": len(entries) + 1,
            })  # fmt: skip
        published = [wanted[row["id"]] for row in entries]
        links = [{"id": i.id, "journey_id": i.journey_id, "next_id": i.next_id} for i in relinked]
        if entries or links:
            await do(
                self._tx,
                cypher.PUBLISH,
                head=head_id(lane),
                live=lane is Lane.LIVE,
                partition=PARTITION,
                entries=entries,
                journeys=[_journey_row(change) for change in published if change.journey is not None],
                ended=[change.journey_id for change in published if change.journey is None],
                links=links,
            )
        return len(entries)

    async def forget(self, records: Iterable[str], customers: Iterable[str], at: int) -> None:
        keys = sorted(records)
        await self._do(cypher.FORGET_RECORDS, keys, "keys")
        await self._do(cypher.FORGET_CUSTOMERS, sorted(customers), "ids")
        hashes = self.hashed(keys)
        await self._do(cypher.REMEMBER_ERASED, hashes, "hashes", at=at)
        await self._do(cypher.FORGET_PARKED, hashes, "hashes")


def _customers(rows: Iterable[Mapping[str, Any]]) -> dict[str, CustomerState]:
    return {r["id"]: CustomerState(r["id"], r["version"], r["epoch"], frozenset(r["claims"])) for r in rows}


def stored_items(rows: Iterable[Mapping[str, Any]]) -> list[StoredItem]:
    """Rows of any query that answers items, without what they fold into."""
    return [StoredItem(*_columns(row)) for row in rows]


def whole_items(rows: Iterable[Mapping[str, Any]]) -> list[WholeItem]:
    """Rows of any query that answers items with their pieces."""
    found = []
    for row in rows:
        columns = _columns(row)
        found.append(WholeItem(*columns, pieces=unpack(row["pieces"]), tied=columns[8]))
    return found


def _columns(r: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        r["id"], r["kind"], r["record"], r["thread"], r["holder"], r["customer_id"], r["start"], r["last"],
        frozenset(r["refs"] or ()), frozenset(r["contacts"] or ()), r["journey_id"] or "", r["next_id"] or "",
    )  # fmt: skip


def _journey_row(change: Change) -> dict[str, Any]:
    journey = change.journey
    assert journey is not None
    return {
        "id": journey.id,
        "customer_id": change.customer_id,
        "due": journey.due,
        "properties": {
            "customer_id": change.customer_id,
            "goal": journey.goal,
            "state": journey.state.name.lower(),
            "stage": journey.stage,
            "opened_at": journey.opened_at,
            "last_at": journey.last_at,
            "test": journey.test,
            "blueprint": journey.blueprint,
            "generation": change.generation,
            "closed": ended(journey),
            **{
                f"by_{by}": STEP_SEPARATOR.join(steps_of_journey(journey, by))
                for by in ("channel", "department", "stage")
            },
        },
    }
