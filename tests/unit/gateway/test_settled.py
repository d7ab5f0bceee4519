"""Settled is said only when nothing accepted, and nothing taken back, is still on its way."""

from collections.abc import Callable

import pytest
from pathloom.feed.v1 import feed_pb2
from pathloom.gateway.v1 import admin_pb2
from pathloom_gateway.application.get_status import is_settled
from pathloom_kit.feeds.cursor import Cursor, Lane

OF = {"identity": ("events", "customers"), "journey-graph": ("journeys",), "scoring": ("scores",)}
UPSTREAMS = {"journeys": ("events", "customers"), "scores": ("journeys",), "customers": ("events",)}
Changed = Callable[[dict[str, feed_pb2.FeedState], dict[str, Cursor]], None]


def cursor(feed: str, n: int = 5, epoch: str = "") -> Cursor:
    return Cursor(epoch or f"{feed}-1", 0, Lane.LIVE, n)


def state(feed: str) -> feed_pb2.FeedState:
    marks = [feed_pb2.Watermark(feed=of, cursor=cursor(of).to_proto()) for of in UPSTREAMS.get(feed, ())]
    return feed_pb2.FeedState(feed=feed, head=cursor(feed).to_proto(), watermarks=marks)


def settled(change: Changed) -> bool:
    states = {feed: state(feed) for feeds in OF.values() for feed in feeds}
    own = {feed: cursor(feed) for feed in states}
    change(states, own)
    services = [
        admin_pb2.ServiceStatus(name=name, reachable=True, feeds=[states[feed] for feed in feeds])
        for name, feeds in OF.items()
    ]
    return is_settled(services, own.items())


def restored(feed: str) -> Changed:
    """Nobody has heard of it yet: its head is behind where all have read to in the epoch that is lost."""

    def change(states: dict[str, feed_pb2.FeedState], _: dict[str, Cursor]) -> None:
        states[feed].head.CopyFrom(cursor(feed, 3, "restored").to_proto())

    return change


def test_all_at_the_heads() -> None:
    assert settled(lambda states, own: None)


def test_an_empty_feed_that_was_never_read() -> None:
    def change(states: dict[str, feed_pb2.FeedState], own: dict[str, Cursor]) -> None:
        states["scores"].head.n = 0
        del own["scores"]

    assert settled(change)


@pytest.mark.parametrize("feed", ["events", "customers", "journeys", "scores"])
def test_a_restored_upstream_of_which_nobody_has_heard(feed: str) -> None:
    assert not settled(restored(feed))


@pytest.mark.parametrize("feed", ["events", "customers", "journeys"])
def test_a_follower_in_the_epoch_that_is_lost(feed: str) -> None:
    """The gateway has heard already."""

    def change(states: dict[str, feed_pb2.FeedState], own: dict[str, Cursor]) -> None:
        restored(feed)(states, own)
        own[feed] = cursor(feed, 3, "restored")

    assert not settled(change)


CHANGES: dict[str, Changed] = {
    "refilling": lambda states, own: setattr(states["journeys"], "refilling", True),
    "waiting": lambda states, own: setattr(states["journeys"], "waiting", 1),
    "behind": lambda states, own: setattr(states["journeys"].watermarks[0].cursor, "n", 4),
    "not applied here": lambda states, own: own.update(scores=cursor("scores", 4)),
    "never read here": lambda states, own: own.__delitem__("scores"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_something_is_on_its_way(change: Changed) -> None:
    assert not settled(change)
