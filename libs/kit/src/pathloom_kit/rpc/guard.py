"""What stands before every call: who calls, whether the request is right, and how a failure is told."""

import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NoReturn

import grpc
import grpc.aio

from pathloom_kit import telemetry
from pathloom_kit import telemetry_names as names
from pathloom_kit.errors import DomainError, Unauthenticated, Unavailable
from pathloom_kit.rpc.guarded_call import GuardedCall
from pathloom_kit.rpc.status import code_of, status_of

_log = logging.getLogger(__name__)
_HEALTH = "/grpc.health.v1.Health/"
_RETRY_S = 1.0


class Guard(grpc.aio.ServerInterceptor):
    """Token, parsing, contract rules, tracing, measures, errors: for all four kinds of call."""

    def __init__(
        self,
        token: str | None,
        domain: str,
        transient: Callable[[BaseException], bool],
        checks_itself: Collection[str] = (),
    ) -> None:
        self._accepted = None if token is None else [f"Bearer {one}".encode() for one in token.splitlines()]
        self._domain = domain
        self._transient = transient
        self._checks_itself = frozenset(checks_itself)
        self.observes = telemetry.exporting()
        self._durations = telemetry.durations(names.RPC_SERVER_DURATION)

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        metadata = dict(handler_call_details.invocation_metadata or ())
        call = GuardedCall(self, method, metadata, handler, check_rules=method not in self._checks_itself)
        return call.rpc_handler()

    def authenticate(self, method: str, metadata: dict[str, Any]) -> None:
        if self._accepted is None or method.startswith(_HEALTH):
            return
        given = metadata.get("authorization", "")
        said = str(given).encode()
        if not any(hmac.compare_digest(said, one) for one in self._accepted):
            raise Unauthenticated("the call carries no valid token" if given else "the call carries no token")

    def translate(self, error: Exception, method: str) -> DomainError:
        """What the caller is told. What is not expected is logged here, once, and not told."""
        if isinstance(error, DomainError):
            return error
        if self._transient(error):
            _log.warning("call failed for now", exc_info=error, extra={"method": method})
            return Unavailable("try again", retry_after_s=_RETRY_S)
        _log.error("call failed", exc_info=error, extra={"method": method})
        return DomainError("an internal error, see the log")

    async def refuse(self, error: DomainError, context: Any) -> NoReturn:
        """Ends the call with the error's status."""
        await context.abort(*status_of(error, self._domain))
        raise AssertionError("abort never returns")

    def measured(self, method: str, started: float, error: DomainError | None) -> None:
        service, _, name = method.lstrip("/").partition("/")
        code = "OK" if error is None else code_of(error.kind).name
        attributes = {names.RPC_SERVICE: service, names.RPC_METHOD: name, names.RPC_STATUS: code}
        if error is not None:
            attributes[names.ERROR_REASON] = error.reason
        self._durations.record(time.perf_counter() - started, attributes)
