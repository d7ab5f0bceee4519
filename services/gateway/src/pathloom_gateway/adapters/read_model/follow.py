"""The followers of the four feeds, each under a lease so that replicas share them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc.aio
from pathloom.feed.v1.feed_pb2 import DescribeFeedsRequest, DescribeFeedsResponse
from pathloom.identity.v1 import customers_pb2_grpc, events_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2_grpc
from pathloom.scoring.v1 import scores_pb2_grpc
from pathloom_kit.clock import Clock
from pathloom_kit.errors import DomainError
from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.feeds.follow import Follower, FollowerState, GrpcFeed
from pathloom_kit.leases import PgLease, while_held
from pathloom_kit.postgres import Database

from pathloom_gateway.adapters.identity import IdentityStewardship
from pathloom_gateway.adapters.read_model.erase_again import EraseAgain
from pathloom_gateway.adapters.read_model.store import CUSTOMERS, EVENTS, JOURNEYS, SCORES, ReadModelStore
from pathloom_gateway.adapters.remote import Remote
from pathloom_gateway.domain.instants import micros

_GHOSTS_EVERY_S = 1.0
_OLD_EVERY_S = 600.0
_LEFT_EVERY_S = 0.25
_LEFT_AT_ONCE = 100
_LEFT_SHARE = 0.05
_PAUSE = timedelta(seconds=2)  # longer than a page takes
_OLD_AFTER_US = 7 * 86_400_000_000


@dataclass(slots=True)
class Followers:
    """Run `tasks()` beside the server for as long as it lives."""

    database: Database
    store: ReadModelStore
    clock: Clock
    identity: grpc.aio.Channel
    journey_graph: grpc.aio.Channel
    scoring: grpc.aio.Channel
    remote: Remote
    holder: str
    states: dict[str, FollowerState] = field(default_factory=dict)

    def tasks(self) -> Mapping[str, Callable[[], Any]]:
        """What to run for ever, by name."""
        feeds: dict[str, Callable[..., Any]] = {
            EVENTS: events_pb2_grpc.EventLogServiceStub(self.identity).FollowEvents,
            CUSTOMERS: customers_pb2_grpc.CustomerServiceStub(self.identity).FollowCustomers,
            JOURNEYS: journeys_pb2_grpc.JourneyServiceStub(self.journey_graph).FollowJourneys,
            SCORES: scores_pb2_grpc.ScoringServiceStub(self.scoring).FollowScores,
        }
        return {
            **{f"follow {feed}": self._under_lease(feed, method) for feed, method in feeds.items()},
            "let go of withdrawn journeys": self._let_go_forever,
            "drop old pieces": self._drop_old_forever,
            "erase again": EraseAgain(self.database, IdentityStewardship(self.identity, self.remote)).forever,
            "compose what history left": lambda: while_held(
                PgLease("compose", self.holder), self.database, self._compose_left_forever
            ),
        }

    def _under_lease(self, feed: str, method: Callable[..., Any]) -> Callable[[], Any]:
        async def follow() -> None:
            follower: Follower[Any] = Follower(
                feed, GrpcFeed(method), self.store, self.clock, paced=self.store.next_at
            )
            self.states[feed] = follower.state
            try:
                await follower.run()
            finally:
                self.states.pop(feed, None)

        return lambda: while_held(PgLease(f"follow {feed}", self.holder), self.database, follow)

    async def _let_go_forever(self) -> None:
        """A withdrawn journey whose touchpoints do not come elsewhere goes once the feed was read up to where it
        stood after the withdrawal."""
        stub = journeys_pb2_grpc.JourneyServiceStub(self.journey_graph)
        while True:
            await asyncio.sleep(_GHOSTS_EVERY_S)
            if JOURNEYS not in self.states:
                continue  # whoever follows the feed sees to it
            ghosts = await self.store.ghosts()
            if not ghosts:
                continue
            try:
                described: DescribeFeedsResponse = await self.remote(
                    stub.DescribeFeeds, DescribeFeedsRequest()
                )
            except DomainError:
                continue  # journey-graph is away: what it withdrew stays shown until it can be asked
            if any(one.refilling for one in described.feeds):
                continue  # what it withdrew may be what it has not read again yet
            heads = [Cursor.from_proto(one.head) for one in described.feeds if one.feed == JOURNEYS]
            while not await self._read_up_to(heads):  # noqa: ASYNC110  # the cursor moves in the database
                await asyncio.sleep(_GHOSTS_EVERY_S / 5)
            await self.store.let_go(ghosts)

    async def _read_up_to(self, heads: list[Cursor]) -> bool:
        cursors = await self.store.cursors(JOURNEYS)
        for head in heads:
            at = cursors.get((head.partition, head.lane))
            if at is not None and at.epoch != head.epoch:
                return True  # read again from the start: the end of that drops what is gone
            if head.n and (at is None or at.n < head.n):
                return False
        return True

    async def _compose_left_forever(self) -> None:
        """Once history pauses, and for a small share of the time while it does not: a customer of whom it tells again and
        again is composed seldom, and yet is seen before all of it has come."""
        loop, not_before = asyncio.get_running_loop(), 0.0
        while True:
            await asyncio.sleep(_LEFT_EVERY_S)
            left, begun = await self.store.left(), loop.time()
            if left is None or (left[1] < _PAUSE and begun < not_before):
                continue
            while await self.store.compose_left(left[0], _LEFT_AT_ONCE):  # noqa: ASYNC110  # between portions others write
                await asyncio.sleep(0)
            not_before = loop.time() + (loop.time() - begun) / _LEFT_SHARE

    async def _drop_old_forever(self) -> None:
        while True:
            before = micros(self.clock.now()) - _OLD_AFTER_US
            while await self.store.drop_old_pieces(before):  # noqa: ASYNC110  # between portions others write
                await asyncio.sleep(0.05)
            await asyncio.sleep(_OLD_EVERY_S)
