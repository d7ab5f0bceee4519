"""Real grpc.aio servers and channels: who may call, what is refused, how failures are told and told back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry import context as otel_context
from pathloom.feed.v1 import feed_pb2
from pathloom.scoring.v1 import scores_pb2, scores_pb2_grpc
from pathloom_kit import telemetry
from pathloom_kit.errors import DomainError, FeedReset, InvalidArgument, Kind, RemoteError
from pathloom_kit.rpc.client import channel, domain_error_of
from pathloom_kit.rpc.server import RunningServer, serve

from .followed_things import Unanswering

TOKEN = "a token for tests"
NAME = "pathloom.scoring.v1.ScoringService"
GetMeasures = Callable[[scores_pb2.GetMeasuresRequest], Any]


class Servicer(Unanswering):
    """Does what the test says."""

    def __init__(self, get_measures: GetMeasures | None = None) -> None:
        self._get_measures = get_measures

    async def GetMeasures(self, request: scores_pb2.GetMeasuresRequest, context: Any) -> Any:
        if self._get_measures:
            answer = self._get_measures(request)
            if asyncio.iscoroutine(answer):
                await answer
        return scores_pb2.GetMeasuresResponse()

    async def FollowScores(self, request: feed_pb2.FollowRequest, context: Any) -> AsyncIterator[Any]:
        yield scores_pb2.FollowScoresResponse(header=feed_pb2.PageHeader(head=1))
        raise FeedReset("the new epoch")


@asynccontextmanager
async def served(
    get_measures: GetMeasures | None = None,
) -> AsyncIterator[tuple[Any, grpc.aio.Channel, RunningServer]]:
    """A stub that presents the token, the bare channel without one, and the server."""
    server = await serve(
        [(scores_pb2_grpc.add_ScoringServiceServicer_to_server, Servicer(get_measures), NAME)],
        address="127.0.0.1:0",
        rpc_token=TOKEN,
        domain="scoring.pathloom",
    )
    address = f"127.0.0.1:{server.port}"
    async with channel(address, token=TOKEN) as ours, grpc.aio.insecure_channel(address) as bare:
        try:
            yield scores_pb2_grpc.ScoringServiceStub(ours), bare, server
        finally:
            await server.stop(0)


async def refusal(call: Any) -> DomainError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return domain_error_of(caught.value)


async def test_a_call_passes_with_the_token_alone() -> None:
    async with served() as (stub, bare, _):
        assert await stub.GetMeasures(scores_pb2.GetMeasuresRequest()) == scores_pb2.GetMeasuresResponse()
        stranger = scores_pb2_grpc.ScoringServiceStub(bare)
        for metadata in ((), (("authorization", "Bearer wrong"),), (("authorization", TOKEN),)):
            error = await refusal(stranger.GetMeasures(scores_pb2.GetMeasuresRequest(), metadata=metadata))
            assert (error.kind, error.reason) == (Kind.UNAUTHENTICATED, "UNAUTHENTICATED")
            stream = stranger.FollowScores(feed_pb2.FollowRequest(after=feed_pb2.Cursor()), metadata=metadata)
            assert (await refusal(stream.read())).kind is Kind.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("accepted", "presented", "passes"),
    [
        ("new\nold", "old", True),
        ("new\nold", "old\nnew", True),
        ("new\nold", "new\n", True),
        ("new", "old\nnew", False),
        ("new\nold", "new\nold", True),
        ("new\nold", "older", False),
        ("", "", False),
    ],
)
async def test_tokens_are_replaced_while_everything_serves(
    accepted: str, presented: str, passes: bool
) -> None:
    entry = (scores_pb2_grpc.add_ScoringServiceServicer_to_server, Servicer(None), NAME)
    server = await serve([entry], address="127.0.0.1:0", rpc_token=accepted, domain="scoring.pathloom")
    try:
        async with channel(f"127.0.0.1:{server.port}", token=presented) as ours:
            call = scores_pb2_grpc.ScoringServiceStub(ours).GetMeasures(scores_pb2.GetMeasuresRequest())
            if passes:
                await call
            else:
                assert (await refusal(call)).kind is Kind.UNAUTHENTICATED
    finally:
        await server.stop(0)


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"\x0a\xff", b"\x1a\x02\xff\xfe", b"\x08" + b"\xff" * 11])
async def test_malformed_bytes_are_the_callers_fault(raw: bytes) -> None:
    async with served() as (_, bare, _server):
        untyped: Any = bare
        metadata = (("authorization", f"Bearer {TOKEN}"),)
        for call in (
            untyped.unary_unary(f"/{NAME}/GetMeasures")(raw, metadata=metadata),
            untyped.unary_stream(f"/{NAME}/FollowScores")(raw, metadata=metadata).read(),
        ):
            error = await refusal(call)
            assert (error.kind, error.reason) == (Kind.INVALID, "INVALID_ARGUMENT")


async def test_a_broken_rule_names_the_field_and_not_the_value() -> None:
    async with served() as (stub, _, _server):
        request = scores_pb2.GetMeasuresRequest(
            group_by="somebody@example.org",
            filter=scores_pb2.MeasureFilter(goal="g" * 200),
            measures=["x"] * 51,
        )
        error = await refusal(stub.GetMeasures(request))
        assert error.kind is Kind.INVALID
        assert set(error.fields) == {"group_by", "filter.goal", "measures"}
        assert "example" not in str(error.fields) + error.detail
        stream = stub.FollowScores(feed_pb2.FollowRequest(max_entries=9999))
        assert set((await refusal(stream.read())).fields) == {"after", "max_entries"}


@pytest.mark.parametrize("kind", Kind)
async def test_an_error_arrives_as_it_was_sent(kind: Kind) -> None:
    class Sent(DomainError):
        pass

    Sent.kind, Sent.reason = kind, "WHAT_IT_WAS"

    def fail(request: object) -> None:
        raise Sent(
            "for a developer", fields={"a.b[2]": "is odd"}, metadata={"key": "value"}, retry_after_s=1.5
        )

    async with served(fail) as (stub, _, _server):
        error = await refusal(stub.GetMeasures(scores_pb2.GetMeasuresRequest()))
    assert isinstance(error, RemoteError)
    assert (error.kind, error.reason, error.detail) == (kind, "WHAT_IT_WAS", "for a developer")
    assert (error.fields, error.metadata, error.retry_after_s) == (
        {"a.b[2]": "is odd"},
        {"key": "value"},
        1.5,
    )


async def test_a_bug_is_told_without_detail_and_logged_without_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(request: object) -> None:
        raise KeyError("a name that must not travel")

    async with served(fail) as (stub, _, _server):
        with caplog.at_level(logging.ERROR):
            error = await refusal(stub.GetMeasures(scores_pb2.GetMeasuresRequest()))
    assert (error.kind, error.reason) == (Kind.INTERNAL, "INTERNAL")
    assert "name" not in error.detail
    (record,) = [r for r in caplog.records if r.name.startswith("pathloom_kit")]
    assert "name" not in record.getMessage()


async def test_what_may_pass_by_itself_is_unavailable_with_a_time_to_retry() -> None:
    def fail(request: object) -> None:
        raise ConnectionRefusedError

    async with served(fail) as (stub, _, _server):
        error = await refusal(stub.GetMeasures(scores_pb2.GetMeasuresRequest()))
    assert (error.kind, error.retry_after_s) == (Kind.UNAVAILABLE, 1.0)


async def test_a_stream_gives_its_pages_and_then_its_error() -> None:
    async with served() as (stub, _, _server):
        call = stub.FollowScores(feed_pb2.FollowRequest(after=feed_pb2.Cursor()))
        assert (await call.read()).header.head == 1
        error = await refusal(call.read())
    assert isinstance(error, FeedReset)
    assert error.epoch == "the new epoch"


async def test_health_needs_no_token_and_follows_the_server() -> None:
    async with served() as (_, bare, server):
        health = health_pb2_grpc.HealthStub(bare)
        for name in ("", NAME):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        await server.set_serving(False)
        answer = await health.Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_reflection_tells_those_who_may_call() -> None:
    async with served() as (_, bare, _server):
        ask = reflection_pb2_grpc.ServerReflectionStub(bare).ServerReflectionInfo
        question = reflection_pb2.ServerReflectionRequest(list_services="")
        call = ask(iter([question]), metadata=(("authorization", f"Bearer {TOKEN}"),))
        answer = await call.read()
        assert NAME in {service.name for service in answer.list_services_response.service}
        assert await ask(iter([question])).code() is grpc.StatusCode.UNAUTHENTICATED


async def test_stopping_lets_the_call_in_flight_end() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(request: object) -> None:
        begun.set()
        await may_end.wait()

    async with served(slow) as (stub, _bare, server):
        call = asyncio.ensure_future(stub.GetMeasures(scores_pb2.GetMeasuresRequest()))
        await begun.wait()
        stopping = asyncio.create_task(server.stop(30))
        await asyncio.sleep(0)
        may_end.set()
        assert await call == scores_pb2.GetMeasuresResponse()
        await stopping


async def test_the_trace_goes_along() -> None:
    seen: list[str] = []

    def note(request: object) -> None:
        seen.append(telemetry.current_traceparent())

    async with served(note) as (stub, _, _server):
        caused_by = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        token = otel_context.attach(telemetry.context_from(caused_by))
        try:
            await stub.GetMeasures(scores_pb2.GetMeasuresRequest())
        finally:
            otel_context.detach(token)
    assert seen[0].split("-")[1] == caused_by.split("-")[1]


async def test_a_method_may_judge_its_request_itself() -> None:
    method = f"/{NAME}/GetMeasures"
    server = await serve(
        [(scores_pb2_grpc.add_ScoringServiceServicer_to_server, Servicer(), NAME)],
        address="127.0.0.1:0",
        rpc_token=None,
        domain="scoring.pathloom",
        checks_itself={method},
    )
    async with channel(f"127.0.0.1:{server.port}", token="none is asked for") as ours:
        await scores_pb2_grpc.ScoringServiceStub(ours).GetMeasures(
            scores_pb2.GetMeasuresRequest(group_by="wrong")
        )
    await server.stop(0)


async def test_an_address_that_is_taken_stops_the_start() -> None:
    async with served() as (_, _bare, server):
        with pytest.raises(RuntimeError):
            await serve([], address=f"127.0.0.1:{server.port}", rpc_token=None, domain="d")


def test_invalid_argument_is_a_domain_error() -> None:
    assert InvalidArgument(fields={"a": "b"}).kind.http_status == 400
