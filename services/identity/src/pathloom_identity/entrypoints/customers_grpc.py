"""CustomerService, SourceService and ModelService: translate, delegate, translate back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2 as pb
from pathloom.identity.v1 import customers_pb2_grpc
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.feeds.serve import FeedServer
from pathloom_kit.telemetry import current_traceparent

from pathloom_identity.application.activate_model import ActivateModel
from pathloom_identity.application.bind_contact import BindContact
from pathloom_identity.application.decide import Decide
from pathloom_identity.application.erase_customer import EraseCustomer
from pathloom_identity.application.erase_employee import EraseEmployee
from pathloom_identity.application.pin_value import PinValue
from pathloom_identity.application.queries import Customers, FieldValues, Models, Reviews, SourceDesk
from pathloom_identity.application.withdraw_decision import WithdrawDecision
from pathloom_identity.application.withdraw_pin import WithdrawPin
from pathloom_identity.domain.statements import Level
from pathloom_identity.wire import key_from_proto, source_from_proto, source_to_proto, timestamp

CUSTOMERS = "pathloom.identity.v1.CustomerService"
SOURCES = "pathloom.identity.v1.SourceService"
MODELS = "pathloom.identity.v1.ModelService"


@dataclass(frozen=True)
class CustomerServicer(customers_pb2_grpc.CustomerServiceServicer):
    """The contract's calls; the kit's guard has checked the token and the rules of each message."""

    feed: FeedServer[pb.FollowCustomersResponse]
    reader: Customers
    bind: BindContact
    decide: Decide
    withdraw: WithdrawDecision
    pin: PinValue
    withdraw_pin: WithdrawPin
    values: FieldValues
    reviews: Reviews
    erase: EraseCustomer
    erase_employee: EraseEmployee

    async def FollowCustomers(
        self, request: feed_pb2.FollowRequest, context: Any
    ) -> AsyncIterator[pb.FollowCustomersResponse]:
        if Cursor.from_proto(request.after).partition:
            raise InvalidArgument(fields={"after.partition": "there is only partition 0"})
        async for page in self.feed.stream(request):
            yield page

    async def GetCustomer(self, request: pb.GetCustomerRequest, context: Any) -> pb.GetCustomerResponse:
        return await self.reader.get(request.customer_id)

    async def FindCustomers(self, request: pb.FindCustomersRequest, context: Any) -> pb.FindCustomersResponse:
        return await self.reader.find(request.type, request.value, request.namespace)

    async def BindContact(self, request: pb.BindContactRequest, context: Any) -> pb.BindContactResponse:
        contact, position = await self.bind(
            key_from_proto(request.contact),
            request.customer_id,
            Level(request.level or Level.CLAIMED),
            request.actor,
            request.request_id,
            current_traceparent(),
        )
        return pb.BindContactResponse(
            contact=await self.reader.contact(contact), position=position.to_proto()
        )

    async def Decide(self, request: pb.DecideRequest, context: Any) -> pb.DecideResponse:
        left, right = await self.decide(
            key_from_proto(request.left),
            key_from_proto(request.right),
            request.same,
            request.actor,
            request.reason,
            current_traceparent(),
        )
        return pb.DecideResponse(left_customer_id=left, right_customer_id=right)

    async def WithdrawDecision(
        self, request: pb.WithdrawDecisionRequest, context: Any
    ) -> pb.WithdrawDecisionResponse:
        left, right = await self.withdraw(
            key_from_proto(request.left), key_from_proto(request.right), current_traceparent()
        )
        return pb.WithdrawDecisionResponse(left_customer_id=left, right_customer_id=right)

    async def PinValue(self, request: pb.PinValueRequest, context: Any) -> pb.PinValueResponse:
        customer_id = await self.pin(
            key_from_proto(request.record),
            request.field,
            request.source_id,
            request.actor,
            request.reason,
            current_traceparent(),
        )
        return pb.PinValueResponse(customer_id=customer_id)

    async def WithdrawPin(self, request: pb.WithdrawPinRequest, context: Any) -> pb.WithdrawPinResponse:
        customer_id = await self.withdraw_pin(
            key_from_proto(request.record),
            request.field,
            request.source_id,
            request.actor,
            request.reason,
            current_traceparent(),
        )
        return pb.WithdrawPinResponse(customer_id=customer_id)

    async def ListFieldValues(
        self, request: pb.ListFieldValuesRequest, context: Any
    ) -> pb.ListFieldValuesResponse:
        return await self.values.list(
            request.customer_id, request.field, request.page_size, request.page_token
        )

    async def ListReviews(self, request: pb.ListReviewsRequest, context: Any) -> pb.ListReviewsResponse:
        return await self.reviews.list(request.page_size, request.page_token)

    async def ExplainPair(self, request: pb.ExplainPairRequest, context: Any) -> pb.ExplainPairResponse:
        return await self.reviews.explain(key_from_proto(request.left), key_from_proto(request.right))

    async def ListChanges(self, request: pb.ListChangesRequest, context: Any) -> pb.ListChangesResponse:
        return await self.reviews.changes(request.customer_id, request.page_size, request.page_token)

    async def EraseCustomer(self, request: pb.EraseCustomerRequest, context: Any) -> pb.EraseCustomerResponse:
        done = await self.erase(request.customer_id, request.actor, current_traceparent())
        return pb.EraseCustomerResponse(
            certificate_id=done.certificate_id,
            events=done.events,
            records=done.records,
            erased_at=timestamp(done.erased_at),
            logs_follow_by=timestamp(done.logs_follow_by),
        )

    async def EraseEmployee(self, request: pb.EraseEmployeeRequest, context: Any) -> pb.EraseEmployeeResponse:
        done = await self.erase_employee(
            request.namespace, request.employee_id, request.actor, current_traceparent()
        )
        return pb.EraseEmployeeResponse(
            certificate_id=done.certificate_id,
            events=done.events,
            erased_at=timestamp(done.erased_at),
            logs_follow_by=timestamp(done.logs_follow_by),
        )


@dataclass(frozen=True)
class SourceServicer(customers_pb2_grpc.SourceServiceServicer):
    """The contract's calls."""

    sources: SourceDesk

    async def PutSource(self, request: pb.PutSourceRequest, context: Any) -> pb.PutSourceResponse:
        stored = await self.sources.put(source_from_proto(request.source))
        return pb.PutSourceResponse(source=source_to_proto(stored))

    async def GetSource(self, request: pb.GetSourceRequest, context: Any) -> pb.GetSourceResponse:
        return pb.GetSourceResponse(source=source_to_proto(await self.sources.get(request.source_id)))

    async def ListSources(self, request: pb.ListSourcesRequest, context: Any) -> pb.ListSourcesResponse:
        return pb.ListSourcesResponse(sources=[source_to_proto(s) for s in await self.sources.list()])


@dataclass(frozen=True)
class ModelServicer(customers_pb2_grpc.ModelServiceServicer):
    """The contract's calls."""

    activate: ActivateModel
    models: Models

    async def ActivateModel(self, request: pb.ActivateModelRequest, context: Any) -> pb.ActivateModelResponse:
        number = await self.activate(
            request.model, request.number, request.actor, request.reason, current_traceparent()
        )
        return pb.ActivateModelResponse(number=number)

    async def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        return await self.models.list(request.page_size, request.page_token)
