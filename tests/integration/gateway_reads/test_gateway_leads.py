"""What leads to a customer is what its newest state says, and what stays is not written again."""

from typing import Any

from pathloom_gateway.adapters.read_model.leads import drop_leads, put_leads
from pathloom_kit.postgres import Database

from .feed_entries import customer

TABLES = ("view_member", "view_identifier", "view_name")


async def say(database: Database, records: str, phone: str, name: str) -> set[str]:
    """Ada consists of these records."""
    said = customer(1, 1, "cus_a", list(records), phone=phone, golden={"first_name": name})
    async with database.asyncpg() as conn, conn.transaction():
        return await put_leads(conn, {"cus_a": said.customer})


async def there(database: Database) -> dict[tuple[Any, ...], str]:
    """All rows, with the transaction that wrote each."""
    found = {}
    async with database.asyncpg() as conn:
        for table in TABLES:
            for row in await conn.fetch(f"SELECT xmin::text AS by, * FROM {table}"):  # noqa: S608 - our own words
                by, *lead = row.values()
                found[(table, *lead)] = by
    return found


async def test_only_what_differs_is_written(gateway_db: Database) -> None:
    assert await say(gateway_db, "ab", "+1555", "Ada Lovelace") == {"portal|user|a", "portal|user|b"}
    before = await there(gateway_db)
    assert await say(gateway_db, "ab", "+1555", "Ada Lovelace") == {"portal|user|a", "portal|user|b"}
    assert await there(gateway_db) == before
    assert await say(gateway_db, "ac", "+1666", "Ada King") == {f"portal|user|{one}" for one in "abc"}
    after = await there(gateway_db)
    assert before.keys() - after.keys() == {
        ("view_member", "portal|user|b", "cus_a", "cus_b"),
        ("view_identifier", "user_id", "b", "portal", "cus_a"),
        ("view_identifier", "phone", "+1555", "", "cus_a"),
        ("view_name", "lovelace", "cus_a"),
    }
    assert after.keys() - before.keys() == {
        ("view_member", "portal|user|c", "cus_a", "cus_c"),
        ("view_identifier", "user_id", "c", "portal", "cus_a"),
        ("view_identifier", "phone", "+1666", "", "cus_a"),
        ("view_name", "king", "cus_a"),
    }
    kept = before.keys() & after.keys()
    assert kept
    assert {lead: after[lead] for lead in kept} == {lead: before[lead] for lead in kept}


async def test_nothing_leads_to_whoever_is_gone(gateway_db: Database) -> None:
    await say(gateway_db, "ab", "+1555", "Ada")
    async with gateway_db.asyncpg() as conn:
        assert await drop_leads(conn, ["cus_a"]) == {"portal|user|a", "portal|user|b"}
    assert await there(gateway_db) == {}
