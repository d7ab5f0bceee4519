"""Errors on the wire: a DomainError becomes a gRPC status with details, and back. The only place that knows both."""

from collections.abc import Sequence

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any as Any_
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from pathloom_kit.errors import DomainError, FeedReset, Kind, RemoteError

_DETAILS = "grpc-status-details-bin"
_CODES = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.CONFLICT: grpc.StatusCode.ALREADY_EXISTS,
    Kind.FAILED_PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
}
_KINDS = {code: kind for kind, code in _CODES.items()} | {
    grpc.StatusCode.ABORTED: Kind.CONFLICT,
    grpc.StatusCode.OUT_OF_RANGE: Kind.INVALID,
    grpc.StatusCode.DEADLINE_EXCEEDED: Kind.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: Kind.UNAVAILABLE,
}


def code_of(kind: Kind) -> grpc.StatusCode:
    return _CODES[kind]


def status_of(error: DomainError, domain: str) -> tuple[grpc.StatusCode, str, Sequence[tuple[str, bytes]]]:
    """Code, message and trailing metadata (ErrorInfo; BadRequest for wrong fields; RetryInfo where known)."""
    code = _CODES[error.kind]
    status = status_pb2.Status(code=code.value[0], message=error.detail)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=domain, metadata=dict(error.metadata))
    status.details.add().Pack(info)
    if error.fields:
        bad = error_details_pb2.BadRequest()
        for path, problem in error.fields.items():
            bad.field_violations.add(field=path, description=problem)
        status.details.add().Pack(bad)
    if error.retry_after_s is not None:
        delay = Duration()
        delay.FromMilliseconds(round(error.retry_after_s * 1000))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return code, error.detail, ((_DETAILS, status.SerializeToString()),)


def domain_error_of(error: grpc.aio.AioRpcError) -> DomainError:
    """What the other side meant. FeedReset for FEED_RESET, else RemoteError; without details the code's name is
    the reason (the other side was not reached, or is not ours)."""
    code = error.code()
    details = _details(error)
    # A stream that was cut, by a pod that ended, say: the channel's word, since whoever of us fails says more than the code.
    cut = not details and code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
    kind = Kind.UNAVAILABLE if cut else _KINDS.get(code, Kind.INTERNAL)
    reason = code.name
    metadata: dict[str, str] = {}
    fields: dict[str, str] = {}
    retry: float | None = None
    for detail in details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            fields = {violation.field: violation.description for violation in bad.field_violations}
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            delay = error_details_pb2.RetryInfo()
            detail.Unpack(delay)
            retry = delay.retry_delay.ToMilliseconds() / 1000
    if reason == FeedReset.reason and metadata.get("epoch"):
        return FeedReset(metadata["epoch"])
    return RemoteError(
        kind, reason, error.details() or "", fields=fields, metadata=metadata, retry_after_s=retry
    )


def _details(error: grpc.aio.AioRpcError) -> Sequence[Any_]:
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS and isinstance(value, bytes):
            return list(status_pb2.Status.FromString(value).details)
    return ()
