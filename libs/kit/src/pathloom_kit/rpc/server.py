"""Serving gRPC: the same checks, errors, health and shutdown in every service."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection as grpc_reflection

from pathloom_kit.rpc.guard import Guard
from pathloom_kit.transient import is_transient

LIVE = "live"
"""A name that the health service always answers SERVING for: whether the process answers at all, not whether it can serve."""

ServiceEntry = tuple[Callable[[Any, grpc.aio.Server], None], Any, str]


class RunningServer:
    """A server that listens. `port` is the one it got."""

    def __init__(
        self, server: grpc.aio.Server, port: int, checks: health.aio.HealthServicer, names: Sequence[str]
    ) -> None:
        self.port = port
        self._server = server
        self._checks = checks
        self._names = ("", *names)
        self._stopping = False

    async def set_serving(self, serving: bool) -> None:
        """What grpc.health.v1 answers, for the whole server and for each of its services. A server that is stopping
        says NOT_SERVING, whatever is said here."""
        state = (
            health_pb2.HealthCheckResponse.SERVING
            if serving and not self._stopping
            else health_pb2.HealthCheckResponse.NOT_SERVING
        )
        for name in self._names:
            await self._checks.set(name, state)

    async def stop(self, grace: float = 10.0) -> None:
        """Says NOT_SERVING, takes no new calls, lets those in flight end for up to `grace` seconds, then cuts them."""
        self._stopping = True
        await self.set_serving(False)
        await self._server.stop(grace)

    async def wait(self) -> None:
        """Until it has stopped."""
        await self._server.wait_for_termination()


async def serve(
    services: Sequence[ServiceEntry],
    *,
    address: str,
    rpc_token: str | None,
    domain: str,
    serving: bool = True,
    reflection: bool = True,
    max_message_mb: int = 16,
    transient: Callable[[BaseException], bool] = is_transient,
    max_connection_age_s: int = 600,
    max_connection_age_grace_s: int = 30,
    checks_itself: Collection[str] = (),
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
) -> RunningServer:
    """Starts listening on `address` (host:port; port 0 takes a free one).

    `services`: (generated add_..._to_server, servicer, full name such as "pathloom.identity.v1.EventLogService").
    Each request must carry `authorization: Bearer <rpc_token>` when a token is given (of several, one a line, any; health
    checks need none), parse, and keep the contract's rules; a DomainError becomes its status with ErrorInfo of `domain`; a `transient` exception
    becomes UNAVAILABLE with RetryInfo; any other INTERNAL, without detail, and is logged. `checks_itself` names methods
    ("/package.Service/Method") that judge their request by `rpc.validate` themselves, as one bad item must not sink the
    rest. `interceptors` stand inside of all this, for a service's own authentication. RuntimeError when the address is
    taken.
    """
    names = [name for _, _, name in services]
    server = grpc.aio.server(
        interceptors=[Guard(rpc_token, domain, transient, checks_itself), *interceptors],
        options=[
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", max_message_mb * 1024 * 1024),
            ("grpc.max_send_message_length", max_message_mb * 1024 * 1024),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            # So that clients find new replicas: GOAWAY, then a drain, then they connect again.
            ("grpc.max_connection_age_ms", max_connection_age_s * 1000),
            ("grpc.max_connection_age_grace_ms", max_connection_age_grace_s * 1000),
        ],
    )
    for add, servicer, _ in services:
        add(servicer, server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if reflection:
        exposed = (*names, health.SERVICE_NAME, grpc_reflection.SERVICE_NAME)
        grpc_reflection.enable_server_reflection(exposed, server)
    port = server.add_insecure_port(address)
    running = RunningServer(server, port, checks, names)
    await checks.set(LIVE, health_pb2.HealthCheckResponse.SERVING)
    await running.set_serving(serving)
    await server.start()
    return running
