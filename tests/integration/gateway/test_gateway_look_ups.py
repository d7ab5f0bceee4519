"""The record of look-ups: who looked at whom."""

import asyncio
from datetime import UTC, datetime, timedelta

from pathloom_gateway.adapters.look_ups import PostgresLookUpLog
from pathloom_kit.postgres import connect

from .conftest import RunningGateway

AT = datetime(2026, 3, 1, tzinfo=UTC)


async def test_look_ups_are_listed_newest_first_by_customer_and_by_page(gateway: RunningGateway) -> None:
    database = await connect(gateway.settings.database_url, "", application_name="test")
    log = PostgresLookUpLog(database)
    writer = asyncio.create_task(log.run())
    for at in range(5):
        moment = AT + timedelta(minutes=at)
        await log.record(moment, f"agent-{at}", "key_1", ["cus_a", f"cus_{at}"], "identifier")
    await log.drain()
    writer.cancel()
    await database.close()

    async def page(**query: str) -> tuple[list[str], str]:
        answer = await gateway.http.get("/v1/lookups", params=query, headers=gateway.bearer("admin"))
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return [one["actor"] for one in found.get("look_ups", [])], found.get("next_page_token", "")

    assert await page(customer_id="cus_3") == (["agent-3"], "")
    assert await page(customer_id="cus_nobody") == ([], "")
    first, token = await page(customer_id="cus_a", page_size="3")
    rest, end = await page(customer_id="cus_a", page_size="3", page_token=token)
    assert first + rest == [f"agent-{at}" for at in (4, 3, 2, 1, 0)]
    assert end == ""


async def test_nothing_is_dropped_when_the_store_is_away_for_a_while(gateway: RunningGateway) -> None:
    database = await connect(gateway.settings.database_url, "", application_name="test")
    log = PostgresLookUpLog(database, room=3)
    # Nobody writes yet: the room fills, and the next one waits instead of being dropped.
    for at in range(3):
        await log.record(AT, f"waiting-{at}", "key_1", ["cus_w"], "contact")
    late = asyncio.create_task(log.record(AT, "waiting-3", "key_1", ["cus_w"], "contact"))
    await asyncio.sleep(0.05)
    assert not late.done()
    writer = asyncio.create_task(log.run())
    await late
    await log.drain()
    writer.cancel()
    await database.close()

    answer = await gateway.http.get("/v1/lookups?customer_id=cus_w", headers=gateway.bearer("admin"))
    assert sorted(one["actor"] for one in answer.json()["look_ups"]) == [f"waiting-{at}" for at in range(4)]
