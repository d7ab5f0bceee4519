"""Calling another service."""

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from pathloom_kit.rpc.status import domain_error_of
from pathloom_kit.telemetry import current_traceparent

__all__ = ["channel", "domain_error_of"]

# Round robin needs a name that resolves to every replica (a headless service, `dns:///host:port`); without it a
# channel pins to one of them for its whole life.
_SERVICE_CONFIG = '{"loadBalancingConfig": [{"round_robin": {}}]}'


def channel(address: str, *, token: str, max_message_mb: int = 16) -> grpc.aio.Channel:
    """A channel that keeps itself alive, spreads over replicas, presents the token (of several, one a line, the first)
    and carries the trace.

    Nothing connects before the first call. Close it.
    """
    options = [
        ("grpc.service_config", _SERVICE_CONFIG),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 0),
        ("grpc.max_receive_message_length", max_message_mb * 1024 * 1024),
        ("grpc.max_send_message_length", max_message_mb * 1024 * 1024),
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 5_000),
    ]
    return grpc.aio.insecure_channel(
        address, options=options, interceptors=[_UnaryUnary(token), _UnaryStream(token)]
    )


class _Attach:
    def __init__(self, token: str) -> None:
        self._authorization = f"Bearer {next(iter(token.splitlines()), '')}"

    def _with_metadata(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add("authorization", self._authorization)
        traceparent = current_traceparent()
        if traceparent:
            metadata.add("traceparent", traceparent)
        return grpc.aio.ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
        )


class _UnaryUnary(_Attach, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self._with_metadata(client_call_details), request)


class _UnaryStream(_Attach, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self._with_metadata(client_call_details), request)
