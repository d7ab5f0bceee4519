"""identity, as the door calls it."""

import grpc.aio
from pathloom.identity.v1 import customers_pb2, customers_pb2_grpc, events_pb2, events_pb2_grpc
from pathloom_kit.errors import DomainError, Kind, Unavailable

from pathloom_gateway.adapters.remote import Remote


class IdentityEventLog:
    """An EventLog."""

    def __init__(self, channel: grpc.aio.Channel, remote: Remote) -> None:
        self._stub = events_pb2_grpc.EventLogServiceStub(channel)
        self._remote = remote

    async def record(self, request: events_pb2.RecordRequest) -> events_pb2.RecordResponse:
        try:
            answer: events_pb2.RecordResponse = await self._remote(self._stub.Record, request)
        except DomainError as error:
            if error.kind is Kind.UNAVAILABLE:
                # Whether it was committed is not known; the same events again have one effect.
                raise Unavailable(
                    "events cannot be taken right now; send the same again",
                    retry_after_s=error.retry_after_s or 1.0,
                ) from error
            raise
        return answer

    async def trace(self, message_id: str, source_id: str) -> events_pb2.TraceEventResponse:
        request = events_pb2.TraceEventRequest(message_id=message_id, source_id=source_id)
        answer: events_pb2.TraceEventResponse = await self._remote(self._stub.TraceEvent, request)
        return answer

    async def list_quarantine(
        self, request: events_pb2.ListQuarantineRequest
    ) -> events_pb2.ListQuarantineResponse:
        answer: events_pb2.ListQuarantineResponse = await self._remote(self._stub.ListQuarantine, request)
        return answer

    async def replay_quarantine(
        self, request: events_pb2.ReplayQuarantineRequest
    ) -> events_pb2.ReplayQuarantineResponse:
        answer: events_pb2.ReplayQuarantineResponse = await self._remote(self._stub.ReplayQuarantine, request)
        return answer


class IdentitySources:
    """Sources."""

    def __init__(self, channel: grpc.aio.Channel, remote: Remote) -> None:
        self._stub = customers_pb2_grpc.SourceServiceStub(channel)
        self._remote = remote

    async def put(self, request: customers_pb2.PutSourceRequest) -> customers_pb2.PutSourceResponse:
        answer: customers_pb2.PutSourceResponse = await self._remote(self._stub.PutSource, request)
        return answer

    async def list(self, request: customers_pb2.ListSourcesRequest) -> customers_pb2.ListSourcesResponse:
        answer: customers_pb2.ListSourcesResponse = await self._remote(self._stub.ListSources, request)
        return answer

    async def get(self, source_id: str) -> customers_pb2.Source:
        request = customers_pb2.GetSourceRequest(source_id=source_id)
        answer: customers_pb2.GetSourceResponse = await self._remote(self._stub.GetSource, request)
        return answer.source


class IdentityModels:
    """Models."""

    def __init__(self, channel: grpc.aio.Channel, remote: Remote) -> None:
        self._stub = customers_pb2_grpc.ModelServiceStub(channel)
        self._remote = remote

    async def activate(
        self, request: customers_pb2.ActivateModelRequest
    ) -> customers_pb2.ActivateModelResponse:
        answer: customers_pb2.ActivateModelResponse = await self._remote(self._stub.ActivateModel, request)
        return answer

    async def list(self, request: customers_pb2.ListModelsRequest) -> customers_pb2.ListModelsResponse:
        answer: customers_pb2.ListModelsResponse = await self._remote(self._stub.ListModels, request)
        return answer


class IdentityStewardship:
    """Stewardship."""

    def __init__(self, channel: grpc.aio.Channel, remote: Remote) -> None:
        self._stub = customers_pb2_grpc.CustomerServiceStub(channel)
        self._remote = remote

    async def decide(self, request: customers_pb2.DecideRequest) -> customers_pb2.DecideResponse:
        answer: customers_pb2.DecideResponse = await self._remote(self._stub.Decide, request)
        return answer

    async def withdraw(
        self, request: customers_pb2.WithdrawDecisionRequest
    ) -> customers_pb2.WithdrawDecisionResponse:
        answer: customers_pb2.WithdrawDecisionResponse = await self._remote(
            self._stub.WithdrawDecision, request
        )
        return answer

    async def pin(self, request: customers_pb2.PinValueRequest) -> customers_pb2.PinValueResponse:
        answer: customers_pb2.PinValueResponse = await self._remote(self._stub.PinValue, request)
        return answer

    async def withdraw_pin(
        self, request: customers_pb2.WithdrawPinRequest
    ) -> customers_pb2.WithdrawPinResponse:
        answer: customers_pb2.WithdrawPinResponse = await self._remote(self._stub.WithdrawPin, request)
        return answer

    async def values(
        self, request: customers_pb2.ListFieldValuesRequest
    ) -> customers_pb2.ListFieldValuesResponse:
        answer: customers_pb2.ListFieldValuesResponse = await self._remote(
            self._stub.ListFieldValues, request
        )
        return answer

    async def reviews(self, request: customers_pb2.ListReviewsRequest) -> customers_pb2.ListReviewsResponse:
        answer: customers_pb2.ListReviewsResponse = await self._remote(self._stub.ListReviews, request)
        return answer

    async def explain(self, request: customers_pb2.ExplainPairRequest) -> customers_pb2.ExplainPairResponse:
        answer: customers_pb2.ExplainPairResponse = await self._remote(self._stub.ExplainPair, request)
        return answer

    async def changes(self, request: customers_pb2.ListChangesRequest) -> customers_pb2.ListChangesResponse:
        answer: customers_pb2.ListChangesResponse = await self._remote(self._stub.ListChanges, request)
        return answer

    async def erase(self, request: customers_pb2.EraseCustomerRequest) -> customers_pb2.EraseCustomerResponse:
        answer: customers_pb2.EraseCustomerResponse = await self._remote(self._stub.EraseCustomer, request)
        return answer

    async def erase_employee(
        self, request: customers_pb2.EraseEmployeeRequest
    ) -> customers_pb2.EraseEmployeeResponse:
        answer: customers_pb2.EraseEmployeeResponse = await self._remote(self._stub.EraseEmployee, request)
        return answer
