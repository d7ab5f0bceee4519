"""Law 7: erased is erased, everywhere; and nothing personal of anybody is ever in a log."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from pathloom_local.errors import LocalError

from tests.laws.everywhere import Found, Search, everywhere, files, logs, statistics
from tests.laws.rotation import gather_statistics, rotate_neo4j, rotate_postgres
from tests.laws.running import Running
from tests.laws.told_of import SOURCES, Somebody, Told

HOME = "7 Zyxwvlane, Apt 3"


@dataclass(frozen=True, slots=True)
class World:
    """Two who live together; one of them was erased."""

    running: Running
    keys: dict[str, str]
    erased: Somebody
    neighbour: Somebody
    customer_id: str
    before: Found


def places(found: Found, somebody: Somebody) -> set[str]:
    """Where anything of somebody stands."""
    return {where for where, texts in found.items() if texts & set(somebody.texts)}


async def say(running: Running, keys: dict[str, str], told: Sequence[Told]) -> list[str]:
    """One by one; the reasons of those refused."""
    taken = [await running.send(keys[source], [message]) for source, message in told]
    return [error["reason"] for each in taken for error in each.errors]


async def customer_of(running: Running, somebody: Somebody) -> str:
    """By e-mail address; empty: nobody."""
    asked = {"identifier": {"type": "email", "value": somebody.email}}
    return (await running.api.look_up(asked)).view.customer_id


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(running: Running) -> World:
    """Both are told of; then one is erased, through the public API, and everything has settled."""
    now = datetime.now(UTC).replace(microsecond=0)
    keys = {source: await running.source(source, **declared) for source, declared in SOURCES.items()}
    erased = Somebody("quillqx", "4025550137", HOME, now)
    neighbour = Somebody("mabelqx", "2125550188", HOME, now)
    for each in (erased, neighbour):
        assert await say(running, keys, list(each.told())) == []
        bad = list(each.refused())
        assert len(await say(running, keys, bad)) == len(bad)
    await running.settled()
    before = await everywhere(running, [*erased.texts, *neighbour.texts])
    await gather_statistics(running)
    customer = await customer_of(running, erased)
    await running.api.json("POST", "/v1/erasures", {"customer_id": customer})
    await running.settled()
    await keys_forgotten(running, erased)
    await running.settled()
    return World(running, keys, erased, neighbour, customer, before)


async def keys_forgotten(running: Running, erased: Somebody) -> None:
    """Return when identity's feed names the records of whoever was erased no more: followers that lag are told whom to
    forget for a while (two seconds here)."""
    async with asyncio.timeout(120):
        while await keys_named(running, erased):  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.5)


async def keys_named(running: Running, erased: Somebody) -> bool:
    """Whether it names them."""
    assert running.local.postgres is not None
    connection = await asyncpg.connect(running.local.postgres.server.url("pathloom_identity"))
    try:
        query = "SELECT EXISTS (SELECT FROM feed_thing WHERE position($1::bytea IN entry) > 0)"
        return bool(await connection.fetchval(query, erased.mark.encode()))
    finally:
        await connection.close()


async def test_the_search_finds_everybody_before(world: World) -> None:
    """The planted fault: a search that finds nothing proves nothing."""
    for somebody in (world.erased, world.neighbour):
        assert places(world.before, somebody) >= {
            "identity: public.event",
            "identity: public.record",
            "identity: public.feed_thing",
            "identity: public.quarantine",
            "gateway: public.view_document",
            "graph: Item.pieces",
            "feed events",
            "feed customers",
            "feed journeys",
        }


async def test_whoever_is_erased_is_in_no_store_and_no_feed(world: World) -> None:
    found = await everywhere(world.running, [*world.erased.texts, *world.neighbour.texts])
    assert places(found, world.erased) == set()
    assert places(world.before, world.neighbour) <= places(found, world.neighbour)


async def test_no_answer_tells_of_them(world: World) -> None:
    running, erased, neighbour = world.running, world.erased, world.neighbour
    answers = await asyncio.gather(
        *(answers_about(running, each, world.customer_id) for each in (erased, neighbour))
    )
    search = Search([*erased.texts, *neighbour.texts])
    for name, text in (each for group in answers for each in group):
        search.look(name, text)
    told = set().union(*search.found.values())
    assert not told & set(erased.texts), search.found
    assert neighbour.mark in told
    assert await customer_of(running, erased) == ""
    assert await customer_of(running, neighbour) != ""


async def answers_about(running: Running, somebody: Somebody, customer_id: str) -> list[tuple[str, str]]:
    """Every kind of answer in which somebody could be told of, as text. The words of a refusal are an answer too."""
    m = somebody.mark
    asked: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "/v1/search", {"name": f"{m.title()}feather"}),
        ("GET", f"/v1/customers/{customer_id}", None),
        ("GET", f"/v1/customers/{customer_id}/journeys", None),
        ("GET", f"/v1/customers/{customer_id}/touchpoints", None),
        ("GET", "/v1/quarantine?page_size=500", None),
        ("GET", "/v1/lookups?page_size=200", None),
        ("POST", "/v1/measures/journeys", {"page_size": 200}),
        ("POST", "/v1/variants", {}),
        ("POST", "/v1/trace", {"message_id": f"i-{m}-lawcrm-9", "source_id": "lawcrm"}),
        ("POST", "/v1/trace", {"message_id": f"q-time-{m}", "source_id": "lawcrm"}),
        ("POST", "/v1/lookup", {"contact": {"contact_id": f"call-{m}", "namespace": "lawtel"}}),
    ]
    for kind, value in (
        ("email", somebody.email),
        ("phone", somebody.phone),
        ("user_id", f"u-{m}"),
        ("anonymous_id", f"visitor-{m}"),
        ("address", somebody.home),
    ):
        asked.append(("POST", "/v1/lookup", {"identifier": {"type": kind, "value": value}}))
    found = []
    for method, path, body in asked:
        try:
            said = json.dumps(await running.api.json(method, path, body), ensure_ascii=False)
        except LocalError as refused:
            said = str(refused)
        found.append((f"{method} {path} {list(body or {})}", said))
    return found


async def test_nobody_is_in_any_log(world: World) -> None:
    search = Search([*world.erased.texts, *world.neighbour.texts])
    logs(world.running, search)
    assert search.found == {}
    # The check can fail: something that every start writes is found.
    planted = Search(["ready to accept connections"])
    logs(world.running, planted)
    assert planted.found


@pytest.mark.soak
async def test_after_rotation_the_disk_holds_nothing_of_them(world: World) -> None:
    """Before anybody sends events of theirs again: those that are refused for a mistake wait in the quarantine."""
    running, erased, neighbour = world.running, world.erased, world.neighbour
    await keys_forgotten(running, erased)
    root = running.local.folder.root

    async def looked() -> Found:
        search = Search([*erased.texts, *neighbour.texts])
        await statistics(running, search)
        for folder in (root / "postgres" / "cluster", root / "neo4j" / "data" / "transactions"):
            await asyncio.to_thread(files, folder, search)
        return search.found

    before = places(await looked(), erased)
    assert {"gateway: statistics of view_identifier.value"} <= before
    # In the tables' own files only where they were written back since.
    assert {"pg_wal", "neo4j"} <= {where.split("/")[0] for where in before}
    await rotate_postgres(running)
    await rotate_neo4j(running)
    after = await looked()
    assert places(after, erased) == set()
    assert places(after, neighbour)


async def test_what_was_erased_stays_erased_and_who_comes_back_is_new(world: World) -> None:
    running, erased = world.running, world.erased
    again = await say(running, world.keys, list(erased.told()))
    assert again == ["ERASED"] * len(list(erased.told()))
    assert await say(running, world.keys, list(erased.refused()))
    await running.settled()
    left = await everywhere(running, erased.texts)
    assert {where for where in left if "quarantine" not in where} == set()
    came_back = {"type": "identify", "messageId": "back-again", "userId": f"u-{erased.mark}"}
    traits = {"traits": {"email": "somebody@new.example.org", "first_name": "Somebody"}}
    assert await say(running, world.keys, [("lawcrm", {**came_back, **traits})]) == []
    await running.settled()
    asked = {"identifier": {"type": "email", "value": "somebody@new.example.org"}}
    found = (await running.api.look_up(asked)).view
    assert found.customer_id not in ("", world.customer_id)
    assert found.name == "Somebody"
    assert len(found.known_as) == 1
    await running.api.json("POST", "/v1/erasures", {"customer_id": found.customer_id})
    await running.settled()
