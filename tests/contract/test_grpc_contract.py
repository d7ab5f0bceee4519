"""Whatever bytes come, every method of every gRPC service answers OK or says that the caller is at fault, and where."""

from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.rpc import error_details_pb2, status_pb2
from hypothesis import HealthCheck, Phase, given, settings
from pathloom.gateway.v1 import admin_pb2, ingest_pb2, view_pb2
from pathloom.identity.v1 import customers_pb2, events_pb2
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2

from . import wire
from .conftest import Doors

pytestmark = pytest.mark.platform

_FILES = {
    "gateway": (ingest_pb2, view_pb2, admin_pb2),
    "identity": (events_pb2, customers_pb2),
    "journey-graph": (journeys_pb2,),
    "scoring": (scores_pb2,),
}
METHODS: list[tuple[str, MethodDescriptor]] = [
    (where, method)
    for where, modules in _FILES.items()
    for module in modules
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
_CALLERS_FAULT = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
_PATIENCE_S = 60.0  # only ends a hang


def _id(one: Any) -> str:
    return str(getattr(one, "full_name", one)).removeprefix("pathloom.")


class Answer:
    """How a call ended: OK with nothing, or a code with what it names."""

    def __init__(self, error: grpc.RpcError | None) -> None:
        self.code: grpc.StatusCode = grpc.StatusCode.OK if error is None else error.code()
        self.detail: str = "" if error is None else error.details() or ""
        self.reason, self.fields = "", {}
        metadata: Any = () if error is None else error.trailing_metadata()
        for key, value in metadata or ():
            if key != "grpc-status-details-bin":
                continue
            for detail in status_pb2.Status.FromString(value).details:
                info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
                if detail.Unpack(info):
                    self.reason = info.reason
                elif detail.Unpack(bad):
                    self.fields = {one.field: one.description for one in bad.field_violations}

    def __repr__(self) -> str:
        return f"{self.code.name} {self.reason} {self.fields} {self.detail[:200]}"


def call(channel: Any, method: MethodDescriptor, raw: bytes, key: str) -> Answer:
    """Sends the bytes as they are. Of a stream, the first answer; one that has nothing to say yet is OK."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    metadata = (("authorization", f"Bearer {key}"),) if key else ()
    if not method.server_streaming:
        try:
            channel.unary_unary(path)(raw, metadata=metadata, timeout=_PATIENCE_S)
        except grpc.RpcError as error:
            return Answer(error)
        return Answer(None)
    stream = channel.unary_stream(path)(raw, metadata=metadata, timeout=_PATIENCE_S)
    try:
        next(stream, None)
    except grpc.RpcError as error:
        return Answer(error)
    finally:
        stream.cancel()
    return Answer(None)


def judge(answer: Answer) -> None:
    if answer.code is grpc.StatusCode.OK:
        return
    assert answer.code in _CALLERS_FAULT, answer
    if answer.code is grpc.StatusCode.INVALID_ARGUMENT:
        assert answer.fields, f"no field is named: {answer}"
        assert all(answer.fields), answer


def fuzz(doors: Doors, where: str, method: MethodDescriptor, examples: int) -> None:
    public = where == "gateway"
    address = doors.grpc if public else doors.internal[where]
    key = doors.keys["everything"] if public else doors.token
    with grpc.insecure_channel(address) as channel:

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(raw=wire.requests(method.input_type))
        def run(raw: bytes) -> None:
            judge(call(channel, method, raw, key))

        run()


@pytest.mark.parametrize(("where", "method"), METHODS, ids=_id)
def test_no_bytes_are_the_servers_fault(doors: Doors, where: str, method: MethodDescriptor) -> None:
    fuzz(doors, where, method, 40)


@pytest.mark.soak
@pytest.mark.parametrize(("where", "method"), METHODS, ids=_id)
def test_no_bytes_are_the_servers_fault_however_many(
    doors: Doors, where: str, method: MethodDescriptor
) -> None:
    fuzz(doors, where, method, 2_000)


@pytest.mark.parametrize(("where", "method"), METHODS, ids=_id)
def test_bytes_that_are_no_message_are_invalid_and_a_stranger_hears_nothing_of_them(
    doors: Doors, where: str, method: MethodDescriptor
) -> None:
    public = where == "gateway"
    address = doors.grpc if public else doors.internal[where]
    key = doors.keys["everything"] if public else doors.token
    with grpc.insecure_channel(address) as channel:
        answer = call(channel, method, b"\xff\xff\xff", key)
        assert (answer.code, answer.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")
        assert set(answer.fields) == {"request"}
        if not public:
            assert call(channel, method, b"\xff\xff\xff", "").code is grpc.StatusCode.UNAUTHENTICATED
        assert call(channel, method, b"", "").code in (
            grpc.StatusCode.UNAUTHENTICATED,
            grpc.StatusCode.INVALID_ARGUMENT,
        )


def test_a_message_larger_than_the_door_is_refused_as_a_whole(doors: Doors) -> None:
    method = ingest_pb2.DESCRIPTOR.services_by_name["IngestService"].methods_by_name["Record"]
    with grpc.insecure_channel(doors.grpc, options=[("grpc.max_send_message_length", -1)]) as channel:
        answer = call(channel, method, bytes(5 * 1024 * 1024), doors.keys["ingest"])
    assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED


STEWARDS = {
    "Decide",
    "WithdrawDecision",
    "PinValue",
    "WithdrawPin",
    "ListFieldValues",
    "ListReviews",
    "ExplainPair",
    "ListChanges",
}


@pytest.mark.parametrize(("where", "method"), [m for m in METHODS if m[0] == "gateway"], ids=_id)
def test_a_key_opens_what_its_scopes_name_and_nothing_else(
    doors: Doors, where: str, method: MethodDescriptor
) -> None:
    opens = {
        "IngestService": {"ingest", "public"},
        "CustomerViewService": {"read"},
        "AdminService": {"admin"},
    }
    opened = opens[method.containing_service.name]
    if method.name in STEWARDS:
        opened = opened | {"steward"}
    refused = set(doors.keys) - opened - {"everything"}
    request = wire.fitting(method.input_type)
    with grpc.insecure_channel(doors.grpc) as channel:
        for key in refused:
            answer = call(channel, method, request, doors.keys[key])
            assert (answer.code, answer.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"), key
        if "steward" in opened:
            answer = call(channel, method, request, doors.keys["steward"])
            assert answer.reason not in ("SCOPE_MISSING", "KEY_UNKNOWN")
        answer = call(channel, method, request, "nobody's")
        assert (answer.code, answer.reason) == (grpc.StatusCode.UNAUTHENTICATED, "KEY_UNKNOWN")


def test_what_judges_an_answer_can_fail() -> None:
    class Failed(grpc.RpcError):
        def __init__(self, code: grpc.StatusCode) -> None:
            self._code = code

        def code(self) -> grpc.StatusCode:
            return self._code

        def details(self) -> str:
            return ""

        def trailing_metadata(self) -> tuple[()]:
            return ()

    for code in (
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.INVALID_ARGUMENT,
    ):
        with pytest.raises(AssertionError):
            judge(Answer(Failed(code)))
    judge(Answer(Failed(grpc.StatusCode.NOT_FOUND)))
