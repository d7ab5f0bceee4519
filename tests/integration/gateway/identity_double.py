"""identity's contract in memory, served over real gRPC: what the door's tests send goes in here, and can be made to fail."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2, customers_pb2_grpc, events_pb2, events_pb2_grpc
from pathloom_kit.errors import DomainError, Kind, Unavailable


class NotThere(DomainError):
    kind = Kind.NOT_FOUND

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason  # type: ignore[misc]


@dataclass
class IdentityDouble:
    """Takes events once by (source, id), keeps refused ones, knows sources."""

    down: bool = False
    sources: dict[str, customers_pb2.Source] = field(default_factory=dict)
    requests: list[events_pb2.RecordRequest] = field(default_factory=list)
    events: dict[tuple[str, str], events_pb2.Event] = field(default_factory=dict)
    quarantine: list[events_pb2.QuarantinedEvent] = field(default_factory=list)
    decided: list[Message] = field(default_factory=list)
    n: int = 0

    def last(self) -> events_pb2.Event:
        """The newest event taken."""
        return list(self.events.values())[-1]

    def clear(self) -> None:
        self.down = False
        for kept in (self.requests, self.events, self.quarantine, self.decided):
            kept.clear()

    def entries(self) -> list[Any]:
        """For pathloom_kit.rpc.server.serve."""
        return [
            (
                events_pb2_grpc.add_EventLogServiceServicer_to_server,
                _EventLog(self),
                "pathloom.identity.v1.EventLogService",
            ),
            (
                customers_pb2_grpc.add_SourceServiceServicer_to_server,
                _Sources(self),
                "pathloom.identity.v1.SourceService",
            ),
            (
                customers_pb2_grpc.add_ModelServiceServicer_to_server,
                _Models(self),
                "pathloom.identity.v1.ModelService",
            ),
            (
                customers_pb2_grpc.add_CustomerServiceServicer_to_server,
                _Customers(self),
                "pathloom.identity.v1.CustomerService",
            ),
        ]


class _EventLog(events_pb2_grpc.EventLogServiceServicer):
    def __init__(self, double: IdentityDouble) -> None:
        self._double = double

    async def Record(self, request: events_pb2.RecordRequest, _: Any) -> events_pb2.RecordResponse:
        double = self._double
        if double.down:
            raise Unavailable("down", retry_after_s=2.0)
        double.requests.append(request)
        answer = events_pb2.RecordResponse()
        for event in request.events:
            key = (request.source_id, event.message_id)
            known = double.events.get(key)
            if known is None:
                double.events[key] = event
                double.n += 1
                answer.results.add(status=events_pb2.RECORD_STATUS_ACCEPTED)
            elif known.payload == event.payload and known.client_time == event.client_time:
                answer.results.add(status=events_pb2.RECORD_STATUS_REPEATED)
            else:
                answer.results.add(
                    status=events_pb2.RECORD_STATUS_QUARANTINED,
                    reason="ID_REUSED",
                    field="message_id",
                    detail="was used for another event",
                )
        for refused in request.refused:
            double.quarantine.append(
                events_pb2.QuarantinedEvent(
                    quarantine_id=f"qua_{len(double.quarantine)}",
                    source_id=request.source_id,
                    refused=refused,
                )
            )
        answer.position.CopyFrom(
            feed_pb2.Cursor(epoch="e1", lane=request.lane or feed_pb2.LANE_LIVE, n=double.n)
        )
        return answer

    async def ListQuarantine(
        self, request: events_pb2.ListQuarantineRequest, _: Any
    ) -> events_pb2.ListQuarantineResponse:
        asked = set(request.quarantine_ids)
        found = [one for one in self._double.quarantine[::-1] if not asked or one.quarantine_id in asked]
        return events_pb2.ListQuarantineResponse(events=found, total=len(self._double.quarantine))

    async def ReplayQuarantine(
        self, request: events_pb2.ReplayQuarantineRequest, _: Any
    ) -> events_pb2.ReplayQuarantineResponse:
        self._double.decided.append(request)
        return events_pb2.ReplayQuarantineResponse(
            results=[events_pb2.RecordResult(status=events_pb2.RECORD_STATUS_ACCEPTED)]
            * len(request.quarantine_ids)
        )

    async def TraceEvent(
        self, request: events_pb2.TraceEventRequest, _: Any
    ) -> events_pb2.TraceEventResponse:
        for (_, message_id), event in self._double.events.items():
            if message_id == request.message_id:
                return events_pb2.TraceEventResponse(
                    state=events_pb2.TraceEventResponse.STATE_WAITING,
                    record=events_pb2.RecordKey(
                        namespace="portal", kind=events_pb2.RECORD_KIND_USER, id=event.user_id
                    ),
                )
        raise NotThere("EVENT_NOT_FOUND")

    async def FollowEvents(
        self, request: feed_pb2.FollowRequest, _: Any
    ) -> AsyncIterator[events_pb2.FollowEventsResponse]:
        raise Unavailable("this double serves no feeds")
        yield events_pb2.FollowEventsResponse()

    async def DescribeFeeds(
        self, request: feed_pb2.DescribeFeedsRequest, _: Any
    ) -> feed_pb2.DescribeFeedsResponse:
        if self._double.down:
            raise Unavailable("down")
        return feed_pb2.DescribeFeedsResponse(
            feeds=[
                feed_pb2.FeedState(
                    feed="events", head=feed_pb2.Cursor(epoch="e1", lane=feed_pb2.LANE_LIVE, n=self._double.n)
                )
            ]
        )


class _Sources(customers_pb2_grpc.SourceServiceServicer):
    def __init__(self, double: IdentityDouble) -> None:
        self._double = double

    async def PutSource(
        self, request: customers_pb2.PutSourceRequest, _: Any
    ) -> customers_pb2.PutSourceResponse:
        self._double.sources[request.source.source_id] = request.source
        return customers_pb2.PutSourceResponse(source=request.source)

    async def GetSource(
        self, request: customers_pb2.GetSourceRequest, _: Any
    ) -> customers_pb2.GetSourceResponse:
        if request.source_id not in self._double.sources:
            raise NotThere("SOURCE_NOT_FOUND")
        return customers_pb2.GetSourceResponse(source=self._double.sources[request.source_id])

    async def ListSources(
        self, request: customers_pb2.ListSourcesRequest, _: Any
    ) -> customers_pb2.ListSourcesResponse:
        return customers_pb2.ListSourcesResponse(
            sources=[self._double.sources[name] for name in sorted(self._double.sources)]
        )


class _Models(customers_pb2_grpc.ModelServiceServicer):
    def __init__(self, double: IdentityDouble) -> None:
        self._double = double

    async def ActivateModel(
        self, request: customers_pb2.ActivateModelRequest, _: Any
    ) -> customers_pb2.ActivateModelResponse:
        self._double.decided.append(request)
        return customers_pb2.ActivateModelResponse(number=7)

    async def ListModels(
        self, request: customers_pb2.ListModelsRequest, _: Any
    ) -> customers_pb2.ListModelsResponse:
        model = customers_pb2.ModelVersion(number=7, version="own", actor="steward-1")
        return customers_pb2.ListModelsResponse(models=[model], next_page_token=str(request.page_size))


class _Customers(customers_pb2_grpc.CustomerServiceServicer):
    def __init__(self, double: IdentityDouble) -> None:
        self._double = double

    async def GetCustomer(
        self, request: customers_pb2.GetCustomerRequest, _: Any
    ) -> customers_pb2.GetCustomerResponse:
        raise NotThere("CUSTOMER_NOT_FOUND")

    async def FindCustomers(
        self, request: customers_pb2.FindCustomersRequest, _: Any
    ) -> customers_pb2.FindCustomersResponse:
        return customers_pb2.FindCustomersResponse()

    async def BindContact(
        self, request: customers_pb2.BindContactRequest, _: Any
    ) -> customers_pb2.BindContactResponse:
        raise NotThere("CONTACT_NOT_FOUND")

    async def FollowCustomers(
        self, request: feed_pb2.FollowRequest, _: Any
    ) -> AsyncIterator[customers_pb2.FollowCustomersResponse]:
        raise Unavailable("this double serves no feeds")
        yield customers_pb2.FollowCustomersResponse()

    async def Decide(self, request: customers_pb2.DecideRequest, _: Any) -> customers_pb2.DecideResponse:
        self._double.decided.append(request)
        return customers_pb2.DecideResponse(left_customer_id="cus_1", right_customer_id="cus_1")

    async def WithdrawDecision(
        self, request: customers_pb2.WithdrawDecisionRequest, _: Any
    ) -> customers_pb2.WithdrawDecisionResponse:
        self._double.decided.append(request)
        return customers_pb2.WithdrawDecisionResponse(left_customer_id="cus_1", right_customer_id="cus_2")

    async def PinValue(
        self, request: customers_pb2.PinValueRequest, _: Any
    ) -> customers_pb2.PinValueResponse:
        self._double.decided.append(request)
        return customers_pb2.PinValueResponse(customer_id="cus_1")

    async def WithdrawPin(
        self, request: customers_pb2.WithdrawPinRequest, _: Any
    ) -> customers_pb2.WithdrawPinResponse:
        self._double.decided.append(request)
        return customers_pb2.WithdrawPinResponse(customer_id="cus_1")

    async def ListFieldValues(
        self, request: customers_pb2.ListFieldValuesRequest, _: Any
    ) -> customers_pb2.ListFieldValuesResponse:
        if request.customer_id != "cus_1":
            raise NotThere("CUSTOMER_NOT_FOUND")
        value = customers_pb2.FieldValue(value="Ada", source_id=request.field)
        return customers_pb2.ListFieldValuesResponse(values=[value], next_page_token=str(request.page_size))

    async def ListReviews(
        self, request: customers_pb2.ListReviewsRequest, _: Any
    ) -> customers_pb2.ListReviewsResponse:
        review = customers_pb2.Review(left_customer_id="cus_1", right_customer_id="cus_2", weight=4.5)
        return customers_pb2.ListReviewsResponse(reviews=[review], next_page_token=str(request.page_size))

    async def ExplainPair(
        self, request: customers_pb2.ExplainPairRequest, _: Any
    ) -> customers_pb2.ExplainPairResponse:
        return customers_pb2.ExplainPairResponse(weight=4.5, left_customer_id=request.left.id)

    async def ListChanges(
        self, request: customers_pb2.ListChangesRequest, _: Any
    ) -> customers_pb2.ListChangesResponse:
        change = customers_pb2.CustomerChange(into_customer_id=request.customer_id, actor="steward-1")
        return customers_pb2.ListChangesResponse(changes=[change])

    async def EraseCustomer(
        self, request: customers_pb2.EraseCustomerRequest, _: Any
    ) -> customers_pb2.EraseCustomerResponse:
        if request.customer_id != "cus_1":
            raise NotThere("CUSTOMER_NOT_FOUND")
        self._double.decided.append(request)
        return customers_pb2.EraseCustomerResponse(certificate_id="cer_1", events=3)

    async def EraseEmployee(
        self, request: customers_pb2.EraseEmployeeRequest, _: Any
    ) -> customers_pb2.EraseEmployeeResponse:
        self._double.decided.append(request)
        return customers_pb2.EraseEmployeeResponse(certificate_id="cer_2", events=2)
