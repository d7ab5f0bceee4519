"""A graph that is new, lost or restored says that it is not full until it is; then its ids are those it had."""

from neo4j import AsyncDriver
from pathloom_kit.feeds.cursor import Cursor, Lane

from .graph_world import Replica, content
from .test_graph_laws import fresh, some_months, who_is_who


async def refilling(replica: Replica) -> bool:
    """As pages of both lanes and the description say."""
    pages = [await replica.feed.read_page(Cursor("", 0, lane, 0), 1) for lane in Lane]
    said = {page.header.refilling for page in pages}
    said |= {state.refilling for state in (await replica.feed.describe()).feeds}
    assert len(said) == 1
    return said.pop()


async def finish(replica: Replica, events: str = "e1", customers: str = "c1") -> tuple[bool, bool]:
    return (
        await replica.events.finish_restart("events", events),
        await replica.customers.finish_restart("customers", customers),
    )


async def test_full_is_what_both_feeds_have_filled(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    assert await refilling(replica), "never read"
    await replica.send_events(*some_months()[:3])
    assert await replica.events.finish_restart("events", "e1")
    assert await refilling(replica), "nobody is known yet"
    await replica.send_customers(*who_is_who()[:3])
    assert await replica.customers.finish_restart("customers", "c1")
    assert not await refilling(replica)


async def test_a_new_epoch_of_an_upstream_is_read_again_first(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_events(*some_months()[:3])
    await finish(replica)
    await replica.events.restart("events", "e2")
    assert await refilling(replica)
    await replica.send_events(*some_months()[:2], epoch="e2")
    assert await refilling(replica), "what was not sent again is yet to go"
    await replica.events.finish_restart("events", "e2")
    assert not await refilling(replica)


async def test_a_graph_brought_back_from_elsewhere_proves_itself_again(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await finish(replica)
    epoch = (await replica.feed.describe()).feeds[0].head.epoch
    await replica.graph.renew_epoch(epoch)
    assert await refilling(replica)
    await finish(replica)
    assert not await refilling(replica)


async def test_what_is_not_cut_yet_has_not_filled(driver: AsyncDriver) -> None:
    await fresh(driver)
    replica = await Replica(driver).open(later=True)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months(), lane=Lane.BULK)
    assert await finish(replica) == (False, False)
    assert await refilling(replica)
    await replica.history.everything()
    assert await finish(replica) == (True, True)
    assert not await refilling(replica)


async def test_a_full_graph_stays_full_while_history_is_cut(driver: AsyncDriver) -> None:
    await fresh(driver)
    replica = await Replica(driver).open(later=True)
    await replica.send_customers(*who_is_who())
    await finish(replica)
    await replica.send_events(*some_months(), lane=Lane.BULK)
    assert await finish(replica) == (True, True), "its follower began anew"
    assert not await refilling(replica)


async def test_a_lost_graph_comes_again_with_its_ids(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months())
    before = content(await replica.journeys())
    again = await fresh(driver)
    await again.send_events(*reversed(some_months()))
    await again.send_customers(*who_is_who())
    assert content(await again.journeys()) == before
