"""One method behind the guard, in its four shapes."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from opentelemetry.trace import SpanKind, Status, StatusCode

from pathloom_kit import telemetry
from pathloom_kit import telemetry_names as names
from pathloom_kit.errors import DomainError, Kind
from pathloom_kit.rpc.texts import check_texts
from pathloom_kit.rpc.validate import check, parse

if TYPE_CHECKING:
    from pathloom_kit.rpc.guard import Guard


class GuardedCall:
    """Stands in for `handler`: its requests arrive as bytes."""

    def __init__(
        self,
        guard: "Guard",
        method: str,
        metadata: dict[str, Any],
        handler: "grpc.RpcMethodHandler[Any, Any]",
        *,
        check_rules: bool,
    ) -> None:
        self._guard = guard
        self._method = method
        self._metadata = metadata
        self._handler = handler
        self._check_rules = check_rules

    def rpc_handler(self) -> "grpc.RpcMethodHandler[Any, Any]":
        """The handler to serve with."""
        handler = self._handler
        serialize = handler.response_serializer
        if handler.request_streaming and handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(
                self._streaming(_behaviour(handler.stream_stream), self._requests), None, serialize
            )
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(
                self._unary(_behaviour(handler.stream_unary), self._requests), None, serialize
            )
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(_behaviour(handler.unary_stream), self._request), None, serialize
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(_behaviour(handler.unary_unary), self._request), None, serialize
        )

    def _request(self, raw: bytes) -> Any:
        message = parse(self._handler.request_deserializer, raw)
        if self._check_rules:
            check(message)
            check_texts(message)
        return message

    async def _requests(self, raw: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for item in raw:
            yield self._request(item)

    def _unary(
        self, behaviour: Callable[..., Any], read: Callable[[Any], Any]
    ) -> Callable[..., Awaitable[Any]]:
        async def call(raw: Any, context: Any) -> Any:
            with self._observed() as seen:
                try:
                    self._guard.authenticate(self._method, self._metadata)
                    return await behaviour(read(raw), context)
                except grpc.aio.AbortError:
                    raise
                except Exception as error:
                    seen.error = self._guard.translate(error, self._method)
            return await self._guard.refuse(seen.error, context)

        return call

    def _streaming(
        self, behaviour: Callable[..., Any], read: Callable[[Any], Any]
    ) -> Callable[..., AsyncIterator[Any]]:
        async def call(raw: Any, context: Any) -> AsyncIterator[Any]:
            with self._observed() as seen:
                try:
                    self._guard.authenticate(self._method, self._metadata)
                    answers = behaviour(read(raw), context)
                    if hasattr(answers, "__aiter__"):
                        async for answer in answers:
                            yield answer
                    else:  # writes to the context by itself
                        await answers
                    return
                except grpc.aio.AbortError:
                    raise
                except Exception as error:
                    seen.error = self._guard.translate(error, self._method)
            await self._guard.refuse(seen.error, context)

        return call

    @contextmanager
    def _observed(self) -> Iterator["_Seen"]:
        """Span and measure of one call, where somebody wants them: the caller, whose trace goes on, or we."""
        seen = _Seen()
        caller = _text(self._metadata.get("traceparent"))
        if not (caller or self._guard.observes):
            yield seen
            return
        started = time.perf_counter()
        parent = telemetry.context_from(caller)
        with telemetry.tracer().start_as_current_span(
            self._method.lstrip("/"), context=parent, kind=SpanKind.SERVER, record_exception=False
        ) as span:
            try:
                yield seen
            finally:
                if seen.error is not None:
                    span.set_attribute(names.ERROR_REASON, seen.error.reason)
                    if seen.error.kind in (Kind.INTERNAL, Kind.UNAVAILABLE):
                        span.set_status(Status(StatusCode.ERROR))
                self._guard.measured(self._method, started, seen.error)


def _behaviour(method: Any) -> Callable[..., Any]:
    return method  # type: ignore[no-any-return]  # typed for the synchronous server


class _Seen:
    error: DomainError | None = None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
