"""The service as it starts: a journey-graph that sends, the contract's calls over gRPC, errors that name the field."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import unquote, urlsplit

import grpc.aio
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.feed.v1 import feed_pb2
from pathloom.journey_graph.v1 import journeys_pb2, journeys_pb2_grpc
from pathloom.scoring.v1 import scores_pb2 as pb
from pathloom.scoring.v1 import scores_pb2_grpc
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.rpc.client import channel, domain_error_of
from pathloom_kit.rpc.server import serve
from pathloom_scoring.bootstrap import build
from pathloom_scoring.settings import Settings
from pydantic import SecretStr

from .conftest import Scoring
from .journey_messages import NOW, answer, contact, entry, journey, survey

TOKEN = "a token of the tests"
Stub = Any  # the generated asynchronous stub is a type for checkers only


def between(begin: int, end: int) -> pb.MeasureFilter:
    """Seconds since 1970."""
    made = pb.MeasureFilter(to=Timestamp(seconds=end))
    getattr(made, "from").seconds = begin
    return made


class JourneyGraph(journeys_pb2_grpc.JourneyServiceServicer):
    """Sends two journeys live and one in bulk, then waits."""

    def __init__(self) -> None:
        said = survey("s1", NOW, answer("nps", 9, NOW, "journey"))
        gave_up = contact(
            "2", NOW, answered=False, answer_wait_s=None, outcome=journeys_pb2.OUTCOME_ABANDONED
        )
        self.lanes = {
            feed_pb2.LANE_LIVE: [
                entry(1, 1, journey("j1", [contact("1", NOW), said])),
                entry(2, 1, journey("j2", [gave_up, contact("3", NOW)])),
            ],
            feed_pb2.LANE_BULK: [entry(1, 1, journey("j3", [contact("4", NOW)]))],
        }

    async def FollowJourneys(
        self, request: feed_pb2.FollowRequest, context: Any
    ) -> AsyncIterator[journeys_pb2.FollowJourneysResponse]:
        """All that follows the cursor, then heartbeats."""
        after = request.after
        while True:
            found = [one for one in self.lanes[after.lane] if one.n > after.n]
            head = len(self.lanes[after.lane])
            at = feed_pb2.Cursor(epoch="up", lane=after.lane, n=head)
            header = feed_pb2.PageHeader(cursor=at, head=head, caught_up=True)
            header.watermarks.add(feed="events").cursor.CopyFrom(
                feed_pb2.Cursor(epoch="i", lane=feed_pb2.LANE_LIVE, n=99)
            )
            yield journeys_pb2.FollowJourneysResponse(header=header, entries=found)
            after = at
            await asyncio.sleep(0.2)


@pytest_asyncio.fixture(loop_scope="session")
async def stub(scoring: Scoring, scoring_db_url: str) -> AsyncIterator[Stub]:
    """The service as `python -m pathloom_scoring serve` builds it, caught up."""
    add = journeys_pb2_grpc.add_JourneyServiceServicer_to_server
    upstream = await serve(
        [
            (
                add,
                JourneyGraph(),  # type: ignore[abstract]  # one call is enough
                "pathloom.journey_graph.v1.JourneyService",
            )
        ],
        address="127.0.0.1:0",
        rpc_token=TOKEN,
        domain="journey-graph.pathloom",
    )
    parts = urlsplit(scoring_db_url)
    settings = Settings.load(
        database_url=f"postgresql://{parts.username}@{parts.hostname}:{parts.port}{parts.path}",
        database_password=SecretStr(unquote(parts.password or "")),
        journey_graph_address=f"127.0.0.1:{upstream.port}",
        rpc_token=SecretStr(TOKEN),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(upstream.stop, 0)
        server = await build(settings, stack)
        stack.push_async_callback(server.stop, 0)
        calls = channel(f"127.0.0.1:{server.port}", token=TOKEN)
        stack.push_async_callback(calls.close)
        made: Stub = scores_pb2_grpc.ScoringServiceStub(calls)
        await _caught_up(made)
        yield made


async def _caught_up(stub: Stub) -> None:
    for _ in range(200):
        answered = await stub.GetMeasures(pb.GetMeasuresRequest(measures=["journeys"]))
        if answered.measures[0].value == 3 and answered.HasField("as_of"):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the journeys never arrived")


async def test_what_journey_graph_sends_is_measured_listed_and_sent_on(stub: Stub) -> None:
    answered = await stub.GetMeasures(pb.GetMeasuresRequest(measures=["contacts", "journey_nps"]))
    contacts, nps = answered.measures
    assert (contacts.name, contacts.value, contacts.n, contacts.unit) == ("contacts", 4, 4, "count")
    assert contacts.definition.startswith("Contacts: ")
    assert (nps.value, nps.n) == (100, 1)
    assert nps.coverage == pytest.approx(1 / 3)
    asked = pb.ListJourneysRequest(having="abandoned")
    listed = await stub.ListJourneys(asked)
    assert [row.journey_id for row in listed.journeys] == ["j2"]
    assert listed.total == 1
    row = listed.journeys[0]
    assert (row.state, row.touchpoints, list(row.channels)) == ("in_progress", 2, ["voice"])
    assert row.satisfaction.basis == pb.BASIS_ESTIMATED
    follow = stub.FollowScores(feed_pb2.FollowRequest(after=feed_pb2.Cursor()))
    page = await follow.read()
    follow.cancel()
    assert {one.journey_id for one in page.entries} == {"j1", "j2"}
    marks = {(mark.feed, mark.cursor.lane, mark.cursor.n) for mark in page.header.watermarks}
    assert marks == {("journeys", 1, 2), ("events", 1, 99)}
    feeds = (await stub.DescribeFeeds(feed_pb2.DescribeFeedsRequest())).feeds
    assert {(feed.feed, feed.head.lane, feed.head.n, feed.parked) for feed in feeds} == {
        ("scores", 1, 2, 0),
        ("scores", 2, 1, 0),
    }


async def test_journeys_page_newest_first_without_gap_or_repeat(stub: Stub) -> None:
    seen, token = [], ""
    while True:
        page = await stub.ListJourneys(pb.ListJourneysRequest(page_size=1, page_token=token))
        seen += [row.journey_id for row in page.journeys]
        token = page.next_page_token
        if not token:
            break
    assert seen == ["j3", "j2", "j1"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.GetMeasuresRequest(measures=["happiness"]), "measures"),
        (pb.GetMeasuresRequest(group_by="colour"), "group_by"),
        (pb.GetMeasuresRequest(service_level_s=float("nan")), "service_level_s"),
        (pb.GetMeasuresRequest(filter=pb.MeasureFilter(queue="a\x00")), "filter.queue"),
        (pb.GetMeasuresRequest(filter=between(2, 1)), "filter.to"),
        (pb.GetMeasuresRequest(filter=between(0, 10**15)), "filter.to"),
        (pb.ListJourneysRequest(page_token="?"), "page_token"),
        (pb.ListJourneysRequest(page_token="MTox-_8"), "page_token"),
        (pb.ListJourneysRequest(having="fun"), "having"),
        (pb.ListJourneysRequest(page_size=201), "page_size"),
    ],
)
async def test_a_wrong_request_names_the_field(stub: Stub, request_: Any, field: str) -> None:
    call = stub.GetMeasures if isinstance(request_, pb.GetMeasuresRequest) else stub.ListJourneys
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(request_)
    error = domain_error_of(caught.value)
    assert error.kind is InvalidArgument.kind
    assert list(error.fields) == [field]


async def test_the_edges_of_the_calendar_are_times_too(stub: Stub) -> None:
    always = between(-62135596800, 253402300799)
    answered = await stub.GetMeasures(pb.GetMeasuresRequest(filter=always, fcr_days=365))
    assert {one.name: one.value for one in answered.measures}["contacts"] == 4


async def test_a_cursor_of_another_epoch_is_told_to_begin_again(stub: Stub) -> None:
    follow = stub.FollowScores(feed_pb2.FollowRequest(after=feed_pb2.Cursor(epoch="another")))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await follow.read()
    assert domain_error_of(caught.value).reason == "FEED_RESET"
