"""Law: restore an upstream to any earlier point, and everything downstream converges.

What it must converge to is what the other platform says, which was never told of the lost future.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg
import pytest
from pathloom_local.api.sender import Outgoing
from pathloom_local.errors import NotFound
from pathloom_local.services import service

from tests.laws.company import Company, deliver
from tests.laws.content import Content, content, differences, touchpoints
from tests.laws.running import Running

# Two platforms start first, and are told a history.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

if TYPE_CHECKING:
    from tests.laws.conftest import Both


async def administer(running: Running, *statements: str) -> None:
    """As the superuser of the platform's PostgreSQL."""
    assert running.local.postgres is not None
    connection = await asyncpg.connect(running.local.postgres.server.url())
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def copied(running: Running, name: str) -> str:
    """A copy of a stopped service's database, made while it is stopped."""
    database = service(name).database
    await running.local.stop(name)
    await administer(running, f"CREATE DATABASE {database}_kept TEMPLATE {database} OWNER {database}")
    await running.local.restart(name)
    return f"{database}_kept"


async def put_back(running: Running, name: str, kept: str) -> None:
    """The copy in the place of the service's database."""
    database = service(name).database
    await running.local.stop(name)
    await administer(
        running, f"DROP DATABASE {database} WITH (FORCE)", f"ALTER DATABASE {kept} RENAME TO {database}"
    )
    await running.local.restart(name)


async def said(running: Running, companies: Sequence[Company]) -> Content:
    """Of the people and contacts of all companies."""
    return await content(
        running.api,
        {each for company in companies for each in company.identifiers.values()},
        {each for company in companies for each in company.contacts},
    )


async def test_identity_restored_to_an_earlier_point(both: "Both") -> None:
    alone, pair = both.alone, both.pair
    # Another history of some of the same students: what is lost has changed people who were known before.
    another = Company(both.company.now, seed=8, touchpoints=40)
    companies = [both.company, another]

    async def halves(running: Running) -> tuple[list[Outgoing], list[Outgoing]]:
        outgoing = another.sent(await another.keys(running))
        return outgoing[::2], outgoing[1::2]

    lost, _ = await halves(alone)
    before = await said(alone, companies)
    kept = await copied(alone, "identity")
    await deliver(alone, lost)
    await alone.settled()
    future = await said(alone, companies)
    assert differences(before, future), "the future that is lost has changed something"

    await put_back(alone, "identity", kept)
    _, later = await halves(alone)
    await deliver(alone, later)
    _, later = await halves(pair)
    await deliver(pair, later)
    await asyncio.gather(alone.settled(), pair.settled())
    expected, found = await said(pair, companies), await said(alone, companies)
    assert differences(expected, found) == []
    # The check can fail: what would be left without reading again is told apart.
    assert differences(expected, future)


async def test_an_empty_graph_fills_itself(both: "Both") -> None:
    alone = both.alone
    before = await said(alone, [both.company])
    assert alone.local.neo4j is not None
    await alone.local.stop("journey-graph")
    await alone.local.neo4j.server.wipe()
    await alone.local.migrate("journey-graph")
    await alone.local.restart("journey-graph")
    there = touchpoints(before)
    filled = asyncio.create_task(alone.settled())
    looks = 0
    while not filled.done():
        shown = touchpoints(await said(alone, [both.company]))
        assert {one: shown[one] for one in there} == there, f"look {looks}: history stays, once"
        # A visit that has come again in part is another one until the rest has come.
        assert all(one.startswith("v_") for one in shown.keys() - there.keys()), f"look {looks}"
        looks += 1
    await filled
    assert looks > 1
    assert differences(before, await said(alone, [both.company])) == []


async def test_scoring_restored_to_an_earlier_point(both: "Both") -> None:
    alone = both.alone
    more = Company(both.company.now, seed=9, touchpoints=20)
    kept = await copied(alone, "scoring")
    await deliver(alone, more.sent(await more.keys(alone)))
    await alone.settled()
    before = await said(alone, [both.company, more])
    await put_back(alone, "scoring", kept)
    await alone.settled()
    assert differences(before, await said(alone, [both.company, more])) == []


async def test_an_erasure_outlives_a_restore(both: "Both") -> None:
    alone = both.alone
    more = Company(both.company.now, seed=10, touchpoints=20)
    await deliver(alone, more.sent(await more.keys(alone)))
    await alone.settled()
    kept = await copied(alone, "identity")
    asked, customer_id = await somebody(alone, more)
    await alone.api.json("POST", "/v1/erasures", {"customer_id": customer_id})
    await alone.settled()
    await put_back(alone, "identity", kept)
    await alone.settled()
    assert "view" not in await alone.api.json("POST", "/v1/lookup", asked)
    with pytest.raises(NotFound):
        await alone.api.json("GET", f"/v1/customers/{customer_id}")
    # Nobody asked but the gateway, and identity holds them no more.
    with pytest.raises(NotFound):
        await alone.api.json("POST", "/v1/erasures", {"customer_id": customer_id})


async def somebody(running: Running, company: Company) -> tuple[dict[str, object], str]:
    """How to ask for one of its people, and the customer's id."""
    for kind, namespace, value in sorted(company.identifiers.values()):
        asked: dict[str, object] = {"identifier": {"type": kind, "namespace": namespace, "value": value}}
        found = await running.api.json("POST", "/v1/lookup", asked)
        if "view" in found:
            return asked, found["view"]["customer_id"]
    raise AssertionError("nobody is known")
