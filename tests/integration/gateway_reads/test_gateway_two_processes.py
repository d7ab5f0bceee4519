"""`serve`: one process answers calls, another follows the feeds, and the two live and end as one."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest
import pytest_asyncio
from pathloom_gateway.schema import MIGRATIONS
from pathloom_kit.migrations import migrate_async
from pathloom_local.ports import free_port
from pathloom_local.readiness import address_ready
from pathloom_local.supervision.processes import Child, Command, Processes

from .conftest import KEY
from .fake_upstreams import TOKEN, Upstreams, running
from .feed_entries import customer
from .test_gateway_reads_faces import until

LEASES = {"compose", *(f"follow {feed}" for feed in ("events", "customers", "journeys", "scores"))}
GRACE_S = 30.0


@dataclass
class Served:
    """The command, serving and following."""

    first: Child
    second: psutil.Process
    """Who follows."""
    up: Upstreams
    http: str
    database: str

    async def leases(self) -> set[str]:
        connection = await asyncpg.connect(self.database)
        try:
            return {row["name"] for row in await connection.fetch("SELECT name FROM lease")}
        finally:
            await connection.close()

    async def ended(self) -> int:
        """The exit code, once both are gone."""
        async with asyncio.timeout(60):
            await self.first.ended.wait()
            while lives(self.second):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.01)
        assert self.first.code is not None
        return self.first.code


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest_asyncio.fixture(loop_scope="session")
async def served(database: str, tmp_path: Path) -> AsyncIterator[Served]:
    await migrate_async(database, "", MIGRATIONS)
    http, up = f"127.0.0.1:{free_port()}", Upstreams()
    async with running(up), Processes.open() as processes:
        prefix = "PATHLOOM_GATEWAY_"
        settings = {
            "DATABASE_URL": database,
            "RPC_TOKEN": TOKEN,
            "HTTP_ADDRESS": http,
            "ADMIN_KEY": KEY,
            **{f"{name.upper()}_ADDRESS": address for name, address in up.addresses.items()},
        }
        first = await processes.start(
            Command(
                "gateway",
                [sys.executable, "-m", "pathloom_gateway", "serve"],
                {**os.environ, **{prefix + name: value for name, value in settings.items()}},
                tmp_path,
                tmp_path / "gateway.log",
                grace=GRACE_S,
            )
        )
        await until(lambda: address_ready(http, "http"))
        (second,) = psutil.Process(first.pid).children(recursive=True)
        serving = Served(first, second, up, http, database)
        await until(lambda: holds(serving, LEASES))
        yield serving


async def holds(serving: Served, leases: set[str]) -> bool:
    return await serving.leases() == leases


async def shows(http: str, customer_id: str) -> bool:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=f"http://{http}", headers=headers) as client:
        return (await client.get(f"/v1/customers/{customer_id}")).status_code == httpx.codes.OK


async def test_what_one_follows_the_other_serves(served: Served) -> None:
    await served.up.customers.add(customer(1, 1, "cus_a", ["a"]))
    await until(lambda: shows(served.http, "cus_a"))
    listening = [each.laddr.port for each in served.second.net_connections() if each.status == "LISTEN"]
    assert listening == []


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(lambda pid: os.kill(pid, signal.SIGTERM), id="SIGTERM"),
        pytest.param(lambda pid: os.killpg(pid, signal.SIGINT), id="Ctrl-C"),
    ],
)
async def test_told_to_end_both_end_and_give_their_leases_back(
    served: Served, stop: Callable[[int], None]
) -> None:
    stop(served.first.pid)
    assert await served.ended() == 0
    assert await served.leases() == set()


async def test_a_first_that_is_killed_takes_the_second_along_even_a_stuck_one(served: Served) -> None:
    served.second.suspend()
    os.kill(served.first.pid, signal.SIGKILL)
    assert await served.ended() == -signal.SIGKILL


async def test_a_second_that_ends_takes_the_service_down_with_an_error(served: Served) -> None:
    served.second.kill()
    assert await served.ended() == 1
    assert "CompanionEnded" in served.first.command.log.read_text()


async def test_a_second_that_is_told_alone_takes_the_service_down_as_well(served: Served) -> None:
    served.second.terminate()
    assert await served.ended() == 1
    assert await served.leases() == set()
