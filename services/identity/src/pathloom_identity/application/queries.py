"""Reads that change nothing. They answer in the contract's own messages: the feed's rows hold nothing else."""

from collections.abc import Sequence
from typing import Protocol

from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2, events_pb2

from pathloom_identity.domain.acceptance import Result
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.sources import Source


class Customers(Protocol):
    """Customers as the feed has them."""

    async def get(self, customer_id: str) -> customers_pb2.GetCustomerResponse:
        """By any id it ever had. CustomerNotFound, CustomerErased."""
        ...

    async def contact(self, key: RecordKey) -> customers_pb2.ContactBinding:
        """Whose a contact is now. ContactNotFound."""
        ...

    async def find(self, kind: str, value: str, namespace: str) -> customers_pb2.FindCustomersResponse:
        """Those that an identifier leads to, the likeliest first, at most 20."""
        ...


class Reviews(Protocol):
    """What a steward looks at."""

    async def list(self, page_size: int, page_token: str) -> customers_pb2.ListReviewsResponse:
        """Doubtful pairs of customers, by worth. InvalidArgument for a token that was not handed out."""
        ...

    async def explain(self, left: RecordKey, right: RecordKey) -> customers_pb2.ExplainPairResponse:
        """What two records weigh. RecordNotFound."""
        ...

    async def changes(
        self, customer_id: str, page_size: int, page_token: str
    ) -> customers_pb2.ListChangesResponse:
        """How a customer changed, newest first. CustomerNotFound, CustomerErased; InvalidArgument as above."""
        ...


class FieldValues(Protocol):
    """What is said to the fields of customers."""

    async def list(
        self, customer_id: str, field: str, page_size: int, page_token: str
    ) -> customers_pb2.ListFieldValuesResponse:
        """The golden value first. CustomerNotFound, CustomerErased; InvalidArgument as above."""
        ...


class Models(Protocol):
    """The models that were in force."""

    async def list(self, page_size: int, page_token: str) -> customers_pb2.ListModelsResponse:
        """The one in force first, and how far the weighing by it has come. InvalidArgument as above."""
        ...


class Events(Protocol):
    """What became of events."""

    async def trace(self, message_id: str, source_id: str) -> events_pb2.TraceEventResponse:
        """EventNotFound when neither the log nor the quarantine knows it."""
        ...

    async def feeds(self) -> feed_pb2.DescribeFeedsResponse:
        """Where the feeds and the resolver stand."""
        ...


class QuarantineDesk(Protocol):
    """Refused events."""

    async def list(
        self, page_size: int, page_token: str, source_id: str, quarantine_ids: Sequence[str] = ()
    ) -> events_pb2.ListQuarantineResponse:
        """Newest first; only those asked for, where any are. InvalidArgument for a token that was not handed out."""
        ...

    async def replay(self, quarantine_ids: Sequence[str]) -> Sequence[Result]:
        """Acceptance again, in the order asked."""
        ...


class SourceDesk(Protocol):
    """Declarations of sources."""

    async def put(self, source: Source) -> Source:
        """Creates or replaces."""
        ...

    async def get(self, source_id: str) -> Source:
        """SourceNotFound."""
        ...

    async def list(self) -> Sequence[Source]:
        """All, by id."""
        ...
