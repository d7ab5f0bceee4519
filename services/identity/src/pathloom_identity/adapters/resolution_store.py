"""Resolving in PostgreSQL: statements over whole batches, never one round trip per event."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.log import Thing as FeedThing
from pathloom_kit.feeds.log import ThingFeed
from pathloom_kit.postgres import RawConnection

from pathloom_identity import wire
from pathloom_identity.adapters import event_rows, record_sql
from pathloom_identity.adapters.codec import PackedSaid, pack, pack_said, unpack, unpack_said
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.step import OVERVIEW, Known
from pathloom_identity.application.resolution_store import Home, InBlock, IndexRow, NearPair, New, Stored
from pathloom_identity.domain.clustering import Decision
from pathloom_identity.domain.contacts import Owner, Owners
from pathloom_identity.domain.events import Event
from pathloom_identity.domain.evidence.blocking import BlockKey
from pathloom_identity.domain.evidence.kept import Kept
from pathloom_identity.domain.golden import Pins
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey, RecordKind
from pathloom_identity.domain.reviews import Change
from pathloom_identity.domain.said import Said
from pathloom_identity.domain.sources import Source
from pathloom_identity.domain.things import Thing

FEED = ThingFeed("customers")
_Assigned = tuple[int, str, bool, int | None]


class PostgresResolutionStore:
    """The port, on one connection inside a transaction that has called `alone`."""

    def __init__(
        self, conn: RawConnection, hashes: KeyedHashes, traceparent: str = "", known: Known | None = None
    ) -> None:
        self._conn = conn
        self._hashes = hashes
        self._traceparent = traceparent
        self._known = known
        self._unpacked: dict[bytes, RecordState] = {}
        self._blocks: dict[BlockKey, int] = {}
        self._assigned: dict[int, _Assigned] = {}

    async def sources(self) -> Mapping[str, Source]:
        return (await self._overview()).sources

    async def model_in_force(self) -> str | None:
        return (await self._overview()).model

    async def model_text(self, digest: str) -> str:
        return str(await self._conn.fetchval(record_sql.MODEL_TEXT, digest))

    def _block(self, key: BlockKey) -> int:
        found = self._blocks.get(key)
        if found is None:
            found = self._blocks[key] = self._hashes.block(key)
        return found

    async def _overview(self) -> Known:
        # One round trip for what most transactions need to know only to find that there is none of it.
        if self._known is None:
            self._known = Known.of(await self._conn.fetchrow(OVERVIEW))
        return self._known

    async def records(self, keys: Collection[RecordKey]) -> dict[RecordKey, Stored]:
        strangers = self._known.strangers if self._known else ()
        wanted = [digest for key in keys if (digest := key.digest()) not in strangers]
        if not wanted:
            return {}
        rows = await self._conn.fetch(record_sql.BY_KEY, wanted)
        return {record.key: record for record in map(self._stored, rows)}

    async def create(self, new: Mapping[RecordKey, New]) -> tuple[dict[RecordKey, Stored], set[Identifier]]:
        if not new:
            return {}, set()
        # Oldest first, so that row numbers follow age within a batch.
        keys = sorted(new, key=lambda key: (new[key].state.first_seen, key))
        states = [new[key].state for key in keys]
        generations = await self._generations(keys)
        own = [self._hashes.own_customer_id(key, generations.get(key, 0)) for key in keys]
        led = [(at, key, *one) for at, key in enumerate(keys, 1) for one in new[key].leading.items()]
        says = [(at, pack_said(new[key].said)) for at, key in enumerate(keys, 1) if new[key].said]
        into = [(at, self._block(block)) for at, key in enumerate(keys, 1) for block in new[key].blocks]
        rows = await self._conn.fetch(
            record_sql.CREATE,
            [key.digest() for key in keys], [key.namespace for key in keys], [int(key.kind) for key in keys],
            [key.id for key in keys], own, [state.first_seen for state in states],
            [self._packed(state) for state in states], [_joined(state.sources) for state in states],
            [key.is_person for key in keys],
            [at for at, *_ in led], [i.digest() for _, _, i, _ in led], [i.namespace for _, _, i, _ in led],
            [not key.is_person for _, key, _, _ in led], [joins for *_, joins in led], [i.type for _, _, i, _ in led],
            [at for at, _ in says], [packed for _, packed in says],
            [at for at, _ in into], [block for _, block in into],
        )  # fmt: skip
        numbers = {key_hash: number for key_hash, number, _ in rows}
        if self._known:
            self._known.strangers -= numbers.keys()
        found = {}
        for key, own_id, state in zip(keys, own, states, strict=True):
            number = numbers[key.digest()]
            found[key] = Stored(number, key, own_id, number, own_id, False, None, state)
            self._assigned[number] = number, own_id, key.is_person, None
        return found, {led[at - 1][2] for *_, at in rows if at is not None}

    async def _generations(self, keys: Sequence[RecordKey]) -> dict[RecordKey, int]:
        if not (await self._overview()).tombstones:
            return {}
        by_hash = {self._hashes.record(key): key for key in keys}
        rows = await self._conn.fetch(
            "SELECT key_hash, generation FROM tombstone WHERE key_hash = ANY($1)", list(by_hash)
        )
        return {by_hash[r["key_hash"]]: r["generation"] for r in rows}

    async def save(self, records: Sequence[Stored]) -> None:
        if records:
            await self._conn.execute(
                record_sql.SAVE,
                [r.no for r in records], [r.state.first_seen for r in records], [self._packed(r.state) for r in records],
                [_joined(r.state.sources) for r in records],
            )  # fmt: skip

    async def index(
        self, added: Sequence[tuple[Stored, IndexRow]], removed: Sequence[tuple[Stored, Identifier]]
    ) -> None:
        if removed:
            await self._conn.execute(
                record_sql.UNINDEX,
                [i.digest() for _, i in removed], [i.namespace for _, i in removed],
                [not r.key.is_person for r, _ in removed], [r.no for r, _ in removed],
            )  # fmt: skip
        if added:
            await self._conn.execute(
                record_sql.INDEX,
                [i.digest() for _, (i, _) in added], [i.namespace for _, (i, _) in added],
                [not r.key.is_person for r, _ in added], [r.no for r, _ in added],
                [joins for _, (_, joins) in added], [i.type for _, (i, _) in added],
            )  # fmt: skip

    async def holders(
        self, values: Collection[Identifier], contact: bool, limit: int
    ) -> dict[Identifier, list[int]]:
        wanted = list(values)
        found: dict[Identifier, list[int]] = {value: [] for value in wanted}
        if wanted:
            rows = await self._conn.fetch(
                record_sql.HOLDERS,
                [v.digest() for v in wanted],
                [v.namespace for v in wanted],
                contact,
                limit,
            )
            for row in rows:
                found[wanted[row["i"] - 1]].append(row["component"])
        return found

    async def members(self, components: Collection[int]) -> list[Stored]:
        return [self._stored(r) for r in await self._conn.fetch(record_sql.MEMBERS, list(components))]

    async def decisions(self, numbers: Collection[int]) -> tuple[list[Decision], set[int]]:
        if not (await self._overview()).decisions:
            return [], set()
        rows = await self._conn.fetch(record_sql.DECISIONS, list(numbers))
        found = [Decision(key_of(r, "left_"), key_of(r, "right_"), r["same"], r["actor"]) for r in rows]
        return found, {c for r in rows if r["same"] for c in (r["left_component"], r["right_component"])}

    async def pins(self, numbers: Collection[int]) -> Pins:
        if not (await self._overview()).pins:
            return {}
        rows = await self._conn.fetch(record_sql.PINS, list(numbers))
        return {(key_of(r), r["field"], r["source_id"]): r["seq"] for r in rows}

    async def say(
        self, said: Sequence[tuple[int, Said]], came: Sequence[InBlock], left: Sequence[InBlock]
    ) -> None:
        if not (said or came or left):
            return
        kept = [(no, pack_said(one)) for no, one in said if one]
        into, out_of = (sorted((self._block(key), no) for no, key in rows) for rows in (came, left))
        await self._conn.execute(
            record_sql.SAY,
            [no for no, _ in kept], [packed for _, packed in kept], [no for no, one in said if not one],
            [key for key, _ in into], [no for _, no in into], [key for key, _ in out_of], [no for _, no in out_of],
        )  # fmt: skip

    async def said(self, numbers: Collection[int]) -> dict[int, Said]:
        if not numbers:
            return {}
        rows = await self._conn.fetch(record_sql.SAID, list(numbers))
        return {number: unpack_said(packed) for number, packed in rows}

    async def blocks(self, most: Mapping[BlockKey, int]) -> dict[BlockKey, list[int] | None]:
        wanted = list(most)
        found: dict[BlockKey, list[int] | None] = {key: [] for key in wanted}
        hashed = [self._block(key) for key in wanted]
        rows = await self._conn.fetch(record_sql.BLOCKS, hashed, [most[key] for key in wanted])
        for row in rows:
            found[wanted[row["i"] - 1]] = row["members"]
        return found

    async def mates(
        self, most: Mapping[BlockKey, int]
    ) -> tuple[dict[BlockKey, list[int] | None], dict[int, Kept]]:
        wanted = list(most)
        found: dict[BlockKey, list[int] | None] = {key: [] for key in wanted}
        hashed = [self._block(key) for key in wanted]
        kept: dict[int, Kept] = {}
        for i, members, number, packed in await self._conn.fetch(
            record_sql.MATES, hashed, [most[key] for key in wanted]
        ):
            if i is None:
                kept[number] = PackedSaid(packed)
            else:
                found[wanted[i - 1]] = members
        return found, kept

    async def doubt(self, weighed: Sequence[int], pairs: Sequence[NearPair]) -> list[NearPair]:
        rows = await self._conn.fetch(record_sql.UNDOUBT, list(weighed)) if weighed else []
        if pairs:
            await self._conn.execute(record_sql.DOUBT, *map(list, zip(*pairs, strict=True)))
        return [tuple(row) for row in rows]

    async def doubts(self, numbers: Collection[int]) -> list[NearPair]:
        return [tuple(row) for row in await self._conn.fetch(record_sql.DOUBTS, list(numbers))]

    async def undoubt(self, pairs: Collection[tuple[int, int]]) -> None:
        if pairs:
            await self._conn.execute(record_sql.UNDOUBT_PAIRS, *map(list, zip(*pairs, strict=True)))

    async def near(self, numbers: Collection[int], bar: int) -> list[tuple[int, int, int | None, int | None]]:
        return [tuple(row) for row in await self._conn.fetch(record_sql.NEAR, list(numbers), bar)]

    async def changed(self, changes: Sequence[Change], at: int) -> None:
        await self._conn.execute(
            record_sql.CHANGED,
            [one.record.digest() for one in changes], [one.from_id for one in changes],
            [one.into_id for one in changes], [one.split for one in changes], at,
            [wire.evidence(one.edge).text if one.edge else wire.nothing_joins(one) for one in changes],
            [one.actor for one in changes],
        )  # fmt: skip

    async def owners(self, values: Collection[Identifier], limit: int) -> dict[Identifier, Owners]:
        wanted = list(values)
        if not wanted:
            return {}
        rows = await self._conn.fetch(
            record_sql.OWNERS, [v.digest() for v in wanted], [v.namespace for v in wanted], limit + 1
        )
        held: dict[Identifier, list[Owner]] = {value: [] for value in wanted}
        for row in rows:
            held[wanted[row["i"] - 1]].append(Owner(key_of(row), row["customer_id"], row["first_seen"]))
        return {
            value: Owners((), too_many=True) if len(found) > limit else Owners(tuple(found))
            for value, found in held.items()
        }

    async def contacts_holding(
        self, values: Collection[Identifier], limit: int
    ) -> tuple[set[int], list[tuple[Identifier, int]]]:
        wanted = list(values)
        rows = await self._conn.fetch(
            record_sql.CONTACTS, [v.digest() for v in wanted], [v.namespace for v in wanted], limit + 1
        )
        lowest: dict[int, list[int]] = {}
        components: set[int] = set()
        for row in rows:
            numbers = lowest.setdefault(row["i"] - 1, [])
            if len(numbers) < limit:
                numbers.append(row["record_no"])
                components.add(row["component"])
            else:
                numbers.append(0)
        return components, [(wanted[i], n[limit - 1]) for i, n in lowest.items() if len(n) > limit]

    async def assign(self, records: Sequence[Stored]) -> None:
        # Of those whose component is worked out anew hardly any is assigned anything else than before.
        changed = {r.no: now for r in records if (now := _assigned(r)) != self._assigned.get(r.no)}
        if changed:
            await self._conn.execute(
                record_sql.ASSIGN, list(changed), *map(list, zip(*changed.values(), strict=True))
            )
            self._assigned |= changed

    async def later(self, work: Iterable[tuple[Identifier, int]]) -> None:
        rows = [(f"{i.digest().hex()}:{i.namespace}", after) for i, after in work]
        if rows:
            await self._conn.executemany(record_sql.LATER, rows)

    async def withdraw(self, pairs: Collection[tuple[str, str, str]]) -> set[str]:
        (await self._overview()).withdrawals = True
        targets = [self._hashes.event(source_id, message_id) for source_id, message_id, _ in pairs]
        await self._conn.execute(
            "INSERT INTO withdrawal SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING",
            targets,
            [bytes.fromhex(by) for _, _, by in pairs],
        )
        return {target.hex() for target in targets}

    async def withdrawals(self, event_ids: Collection[str]) -> set[tuple[str, str]]:
        if not (await self._overview()).withdrawals:
            return set()
        rows = await self._conn.fetch(record_sql.WITHDRAWALS, [bytes.fromhex(i) for i in event_ids])
        return {(r["target"].hex(), r["by_event"].hex()) for r in rows}

    async def events_of(self, records: Collection[RecordKey]) -> list[Event]:
        rows = await self._conn.fetch(record_sql.EVENTS_OF, [key.digest() for key in records])
        return [event_rows.event_of(r) for r in rows]

    async def events_by_id(self, event_ids: Collection[str]) -> list[Event]:
        rows = await self._conn.fetch(record_sql.EVENTS_BY_ID, [bytes.fromhex(i) for i in event_ids])
        return [event_rows.event_of(r) for r in rows]

    async def homes(self, values: Collection[Identifier], limit: int) -> dict[Identifier, Home]:
        wanted = list(values)
        ids = [self._hashes.household(*value) for value in wanted]
        rows = await self._conn.fetch(
            record_sql.HOMES, [v.digest() for v in wanted], [v.namespace for v in wanted], ids, limit + 1
        )
        found: dict[Identifier, Home] = {}
        for row in rows:
            at, states = row["i"] - 1, row["states"]
            # By too many it is nobody's home.
            living = zip(row["customers"], states, strict=True) if len(states) <= limit else ()
            holders = tuple((customer, self._state(packed)) for customer, packed in living)
            found[wanted[at]] = Home(ids[at], row["published"], holders)
        return found

    async def publish(self, things: Sequence[Thing], lane: Lane) -> None:
        entries = [
            FeedThing(
                wire.feed_key(thing),
                wire.entry(thing).SerializeToString(deterministic=True),
                self._traceparent,
            )
            for thing in things
        ]
        await FEED.publish(self._conn, entries, lane, alone=True)

    def _packed(self, state: RecordState) -> bytes:
        packed = pack(state)
        self._unpacked[packed] = state
        return packed

    def _state(self, packed: bytes) -> RecordState:
        # What was read or written in this transaction is mostly read again in it.
        state = self._unpacked.get(packed)
        if state is None:
            state = self._unpacked[packed] = unpack(packed)
        return state

    def _stored(self, row: Any) -> Stored:
        found = Stored(
            row["record_no"],
            key_of(row),
            row["own_customer_id"],
            row["component"],
            row["customer_id"],
            row["known"],
            row["bound_no"],
            self._state(row["state"]),
        )
        self._assigned[found.no] = _assigned(found)
        return found


def _assigned(record: Stored) -> _Assigned:
    return record.component, record.customer_id, record.known, record.bound_no


def _joined(sources: Mapping[str, bool]) -> str:
    # unnest() flattens arrays of arrays; source ids hold no commas.
    return ",".join(sorted(sources))


def key_of(row: Any, prefix: str = "") -> RecordKey:
    """The key in the columns namespace, kind and id, which may have a prefix."""
    return RecordKey(row[f"{prefix}namespace"], RecordKind(row[f"{prefix}kind"]), row[f"{prefix}id"])
