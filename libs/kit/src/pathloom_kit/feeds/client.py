"""A feed as a follower sees it, whatever carries it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, Generic, Protocol, TypeVar

import grpc.aio
from pathloom.feed.v1 import feed_pb2

from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.feeds.page import FeedPage, Numbered, PageHeader
from pathloom_kit.rpc.status import domain_error_of

E = TypeVar("E", bound=Numbered)
E_co = TypeVar("E_co", bound=Numbered, covariant=True)


class FeedClient(Protocol[E]):
    """A source of pages."""

    def follow(self, cursor: Cursor, max_entries: int) -> AsyncIterator[FeedPage[E]]:
        """Pages after the cursor, without end. FeedReset when the cursor is of another epoch or beyond the head; any
        other exception means that the stream broke and may be opened again from the last page."""
        ...


class GrpcFeed(Generic[E]):
    """A feed behind a generated stub's Follow method, e.g. `GrpcFeed(stub.FollowCustomers)`."""

    def __init__(self, stub_method: Callable[..., Any]) -> None:
        self._method = stub_method

    async def follow(self, cursor: Cursor, max_entries: int) -> AsyncGenerator[FeedPage[E], None]:
        call = self._method(feed_pb2.FollowRequest(after=cursor.to_proto(), max_entries=max_entries))
        try:
            async for message in call:
                yield FeedPage(PageHeader.from_proto(message.header), message.entries)
        except grpc.aio.AioRpcError as error:
            raise domain_error_of(error) from error
        finally:
            call.cancel()
