"""When a service is ready: what its own health answer says, asked until it does."""

import asyncio
import time
from typing import Literal

import grpc.aio
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

from pathloom_local.errors import StepFailed
from pathloom_local.ports import port_open
from pathloom_local.services import Replica
from pathloom_local.supervision.processes import Child, describe_code


async def is_ready(replica: Replica, seconds: float = 2.0) -> bool:
    """Whether the replica says that it serves: `/healthz/ready` where it has HTTP, gRPC health elsewhere."""
    if replica.http is not None:
        return await address_ready(replica.http, "http", seconds)
    return await address_ready(replica.grpc, "grpc", seconds)


async def address_ready(address: str, protocol: Literal["http", "grpc", "tcp"], seconds: float = 2.0) -> bool:
    """Whether what listens on `host:port` says that it is ready; for `tcp`, whether anything listens."""
    if protocol == "http":
        return await _http_ready(address, seconds)
    if protocol == "grpc":
        return await _grpc_ready(address, seconds)
    return await port_open(address)


async def until_ready(replica: Replica, child: Child, seconds: float) -> None:
    """Return when the replica is ready. Raises StepFailed when its process ends or `seconds` pass."""
    deadline = time.monotonic() + seconds
    while not await is_ready(replica):
        if child.code is not None:
            words = describe_code(child.code)
            raise StepFailed(f"{replica.name} ended while it was starting ({words})", child.command.log)
        if time.monotonic() > deadline:
            raise StepFailed(f"{replica.name} was not ready within {seconds:.0f} s", child.command.log)
        await asyncio.sleep(0.1)


async def _http_ready(address: str, seconds: float) -> bool:
    try:
        async with httpx.AsyncClient(timeout=seconds, trust_env=False) as client:
            answer = await client.get(f"http://{address}/healthz/ready")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


async def _grpc_ready(address: str, seconds: float) -> bool:
    # A fresh channel each time: one that failed waits longer and longer before it tries again.
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        try:
            answer = await check(health_pb2.HealthCheckRequest(), timeout=seconds)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
