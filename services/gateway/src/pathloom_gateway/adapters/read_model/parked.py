"""Events set aside are whole events: what is parked of an erased person goes with them."""

from collections.abc import Sequence

from pathloom.identity.v1.events_pb2 import LoggedEvent
from pathloom_kit.postgres import RawConnection

from pathloom_gateway.adapters.read_model.keys import forgotten_hash, record_key
from pathloom_gateway.domain.instants import stamp_micros

_PARKED = "SELECT epoch, partition, lane, n, entry FROM feed_parked WHERE feed = 'events'"
_DROP = """
DELETE FROM feed_parked p USING unnest($1::text[], $2::int[], $3::int[], $4::bigint[]) AS i(epoch, partition, lane, n)
WHERE p.feed = 'events' AND (p.epoch, p.partition, p.lane, p.n) = (i.epoch, i.partition, i.lane, i.n)
"""


async def drop_parked_of(conn: RawConnection, keys: Sequence[str]) -> None:
    """Deletes the parked events that name any of these records. They are few: an event is parked when it cannot be read,
    and an operator hears of each."""
    if not keys:
        return
    gone = set(keys)
    rows = [
        (row["epoch"], row["partition"], row["lane"], row["n"])
        for row in await conn.fetch(_PARKED)
        if gone.intersection(named_by(LoggedEvent.FromString(row["entry"])))
    ]
    if rows:
        await conn.execute(_DROP, *map(list, zip(*rows, strict=True)))


async def was_erased(conn: RawConnection, event: LoggedEvent, secret: bytes) -> bool:
    """Whether it names somebody who was erased after it was received: the page was read before, and nothing of it may
    be written down."""
    hashes = [forgotten_hash(secret, key) for key in named_by(event)]
    found: int | None = await conn.fetchval(
        "SELECT max(erased_us) FROM view_forgotten WHERE key_hash = ANY($1)", hashes
    )
    return found is not None and found >= stamp_micros(event.received_at)


def named_by(event: LoggedEvent) -> list[str]:
    """The keys of the records that an event names."""
    keys = [record_key(event.record)] if event.HasField("record") else []
    return [*keys, record_key(event.contact)] if event.HasField("contact") else keys
