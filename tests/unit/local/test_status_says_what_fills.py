"""Whoever waits for a platform to settle is told which service fills from the start."""

from pathloom.feed.v1 import feed_pb2
from pathloom.gateway.v1 import admin_pb2
from pathloom_local.commands.status import filling


def test_the_services_that_fill_are_named() -> None:
    full, fills = feed_pb2.FeedState(), feed_pb2.FeedState(refilling=True)
    said = admin_pb2.GetStatusResponse(
        services=[
            admin_pb2.ServiceStatus(name="identity", feeds=[full, full]),
            admin_pb2.ServiceStatus(name="journey-graph", feeds=[full, fills]),
            admin_pb2.ServiceStatus(name="gateway"),
        ]
    )
    assert filling(said) == ["journey-graph"]
