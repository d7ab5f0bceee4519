"""The view by identifier over REST and gRPC, beside the floor, while events arrive."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
import psutil
from pathloom.gateway.v1 import view_pb2, view_pb2_grpc
from pathloom_local.platform import Platform
from pathloom_local.services import service

from tests.benchmarks.arrivals import RATE
from tests.benchmarks.cost import costing
from tests.benchmarks.figures import Figure, times_floor
from tests.benchmarks.floor_server import METHOD
from tests.benchmarks.load import Latencies, open_loop
from tests.benchmarks.stages import Stages
from tests.benchmarks.wire import Wire

Identifier = tuple[str, str, str]
Call = Callable[[int], Awaitable[None]]


async def read_figures(
    platform: Platform, known: Sequence[Identifier], key: str, seconds: float, turns: int
) -> list[Figure]:
    """Platform and floor take turns within one run, so that what else the machine does meets both alike."""
    wire = Wire(
        platform.addresses["http"], {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    )
    bodies = [json.dumps(_rest(each)).encode() for each in known]
    documents = [await wire("POST", "/v1/lookup", body) for body in bodies]
    async with (
        _floor(platform, documents) as (floor_http, floor_grpc, floor_pid),
        grpc.aio.insecure_channel(platform.addresses["grpc"]) as channel,
        grpc.aio.insecure_channel(floor_grpc) as floor_channel,
    ):
        floor_wire = Wire(floor_http, {"Content-Type": "text/plain"})
        stub = view_pb2_grpc.CustomerViewServiceStub(channel)
        floor_read: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = floor_channel.unary_unary(METHOD)
        asked = [_rpc(each) for each in known]
        metadata = (("authorization", f"Bearer {key}"),)

        async def rest(n: int) -> None:
            await wire("POST", "/v1/lookup", bodies[n % len(bodies)])

        async def rest_floor(n: int) -> None:
            await floor_wire("POST", "/read", str(n % len(bodies)).encode())

        async def rpc(n: int) -> None:
            await stub.LookUp(asked[n % len(asked)], metadata=metadata)

        async def rpc_floor(n: int) -> None:
            await floor_read(str(n % len(bodies)).encode())

        figures = []
        for name, call, floor in (("REST", rest, rest_floor), ("gRPC", rpc, rpc_floor)):
            figures += await _beside(platform, name, call, floor, floor_pid, seconds, turns)
        wire.close()
        floor_wire.close()
    return figures


async def _beside(
    platform: Platform, name: str, call: Call, floor: Call, floor_pid: int, seconds: float, turns: int
) -> list[Figure]:
    mine, its = Latencies(), Latencies()
    cpu, floor_cpu = 0.0, 0.0
    for each in (call, floor):  # connections, caches and plans are there before the clock runs
        await open_loop(RATE, 1.0, each)
    for _ in range(turns):
        async with costing(platform) as cost:
            await open_loop(RATE, seconds / turns, call, mine)
        cpu += cost.cpu_s.get("gateway", 0.0)
        before = _cpu(floor_pid)
        await open_loop(RATE, seconds / turns, floor, its)
        floor_cpu += _cpu(floor_pid) - before
    notes = {
        "cpu_ms_each": round(cpu / len(mine) * 1000, 2),  # of the gateway, following what arrives included
        "floor_cpu_ms_each": round(floor_cpu / len(its) * 1000, 2),
    }
    what = f"view by identifier, {name}, {RATE:.0f}/s"
    return [
        times_floor(f"{what}, p50", mine.ms(0.5), "ms", its.ms(0.5), 1.5, n=len(mine), notes=notes),
        times_floor(f"{what}, p99", mine.ms(0.99), "ms", its.ms(0.99), 2.0, n=len(mine)),
    ]


@asynccontextmanager
async def _floor(platform: Platform, documents: Sequence[bytes]) -> AsyncIterator[tuple[str, str, int]]:
    """The floor's REST and gRPC addresses and its process, over the same documents in the gateway's own PostgreSQL."""
    assert platform.postgres
    connection = await Stages(platform).connect("gateway")
    try:
        await connection.execute("CREATE TABLE floor_read (key text PRIMARY KEY, document bytea NOT NULL)")
        await connection.copy_records_to_table(
            "floor_read", records=[(str(n), document) for n, document in enumerate(documents)]
        )
        await connection.execute("ANALYZE floor_read")
        url = platform.postgres.server.url(service("gateway").database)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.floor_server", url, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout
        try:
            ports = (await process.stdout.readline()).split()
            yield f"127.0.0.1:{int(ports[0])}", f"127.0.0.1:{int(ports[1])}", process.pid
        finally:
            process.terminate()
            await process.wait()
    finally:
        await connection.execute("DROP TABLE IF EXISTS floor_read")
        await connection.close()


def _rest(identifier: Identifier) -> dict[str, Any]:
    kind, namespace, value = identifier
    return {"identifier": {"type": kind, "namespace": namespace, "value": value}, "actor": "bench"}


def _rpc(identifier: Identifier) -> view_pb2.LookUpRequest:
    kind, namespace, value = identifier
    query = view_pb2.IdentifierQuery(type=kind, namespace=namespace, value=value)
    return view_pb2.LookUpRequest(identifier=query, actor="bench")


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
