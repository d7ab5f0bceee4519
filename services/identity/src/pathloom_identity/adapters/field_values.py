"""All that is said to one field of a customer, and what stewards pinned of it."""

from dataclasses import dataclass
from typing import Any

from pathloom.identity.v1 import customers_pb2 as c
from pathloom_kit.postgres import Database

from pathloom_identity import wire
from pathloom_identity.adapters.codec import unpack
from pathloom_identity.adapters.page_tokens import PAGE, numbers_of
from pathloom_identity.adapters.resolution_store import key_of
from pathloom_identity.adapters.unit_of_work import customer_now
from pathloom_identity.domain.golden import GoldenValue, Survivorship, said_to

_RECORDS = "SELECT namespace, kind, id, state FROM record WHERE customer_id = $1 AND kind <> 3"
_PINS = """
SELECT r.namespace, r.kind, r.id, p.* FROM pin p JOIN record r USING (record_no)
WHERE r.customer_id = $1 AND r.kind <> 3 AND p.field = $2
"""


@dataclass(frozen=True)
class FieldValueReader:
    """Reads that change nothing."""

    database: Database
    survivorship: Survivorship

    async def list(
        self, customer_id: str, field: str, page_size: int, page_token: str
    ) -> c.ListFieldValuesResponse:
        size = page_size or PAGE
        begin = max(0, *numbers_of(page_token, 1)) if page_token else 0
        async with (
            self.database.asyncpg() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            current = await customer_now(conn, customer_id)
            records = {key_of(row): unpack(row["state"]) for row in await conn.fetch(_RECORDS, current)}
            pins = {
                (key_of(row), field, row["source_id"]): row for row in await conn.fetch(_PINS, current, field)
            }
        numbers = {of: row["seq"] for of, row in pins.items()}
        values = said_to(records, field, self.survivorship, numbers)
        page = values[begin : begin + size]
        found = c.ListFieldValuesResponse(
            values=[_value(one, pins.get((one.record, field, one.source_id))) for one in page]
        )
        if begin + size < len(values):
            found.next_page_token = str(begin + size)
        return found


def _value(one: GoldenValue, pin: Any | None) -> c.FieldValue:
    found = c.FieldValue(
        value=one.text,
        source_id=one.source_id,
        record=wire.key_to_proto(one.record),
        said_at=wire.timestamp(one.value.stamp.occurred),
        trust=c.Trust.ValueType(int(one.value.trust)),
    )
    if pin is not None:
        found.pin.actor, found.pin.reason = pin["actor"], pin["reason"]
        found.pin.pinned_at.CopyFrom(wire.timestamp(pin["pinned_at"]))
    return found
