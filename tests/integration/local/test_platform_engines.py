"""The launched engines: what they keep, whom they refuse, and that none of them stays behind."""

import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest
from pathloom_local.errors import FolderInUse, LocalError
from pathloom_local.platform import Options, Platform


@pytest.fixture
def data(engines_folder: Path, request: pytest.FixtureRequest) -> Path:
    return Path(engines_folder / request.node.name)


def only_postgres(data: Path) -> Options:
    return Options(data=data, services=(), engines=("postgres",))


async def test_data_and_addresses_survive_a_restart(data: Path) -> None:
    async with Platform(only_postgres(data)) as platform:
        assert platform.postgres
        first = dict(platform.addresses)
        connection = await asyncpg.connect(platform.postgres.server.url())
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await connection.close()
    async with Platform(only_postgres(data)) as platform:
        assert platform.postgres
        assert platform.addresses == first
        connection = await asyncpg.connect(platform.postgres.server.url())
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()


async def test_what_was_committed_survives_sigkill_of_the_engine(data: Path) -> None:
    async with Platform(only_postgres(data)) as platform:
        assert platform.postgres
        connection = await asyncpg.connect(platform.postgres.server.url())
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await platform.kill("postgres")
        assert not platform.process("postgres").running
        await platform.restart("postgres")
        connection = await asyncpg.connect(platform.postgres.server.url())
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()


async def test_a_second_start_on_the_same_folder_is_refused(data: Path) -> None:
    async with Platform(only_postgres(data)) as platform:
        with pytest.raises(FolderInUse, match=str(os.getpid())):
            async with Platform(only_postgres(data)):
                pytest.fail("two platforms on one folder")
        assert platform.process("postgres").running


async def test_a_service_may_not_read_anothers_database(data: Path) -> None:
    async with Platform(only_postgres(data)) as platform:
        assert platform.postgres
        server = platform.postgres.server
        for name in ("pathloom_identity", "pathloom_scoring"):
            await server.ensure_database(name, f"of-{name}")
            url = await server.ensure_database(name, f"of-{name}")  # a second start finds all there
        connection = await asyncpg.connect(url, password="of-pathloom_scoring")
        await connection.execute("CREATE TABLE mine (id int)")
        await connection.close()
        trespass = url.removesuffix("/pathloom_scoring") + "/pathloom_identity"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(trespass, password="of-pathloom_scoring")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url, password="wrong")


async def test_folders_and_passwords_are_for_their_owner_alone(data: Path) -> None:
    async with Platform(only_postgres(data)) as platform:
        for path in [data / "secrets", data / "logs", data / "postgres", data / "postgres" / "cluster"]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
        for path in [*platform.secrets.values(), data / "state.json", data / "logs" / "postgres.log"]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        password = platform.secrets["postgres"].read_text()
        arguments = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
        assert not any(password in line for line in arguments)
        connections = psutil.Process(platform.process("postgres").pid).net_connections()
        assert {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


async def test_no_statement_or_value_reaches_the_log(data: Path) -> None:
    async with Platform(only_postgres(data)) as platform:
        assert platform.postgres
        connection = await asyncpg.connect(platform.postgres.server.url())
        await connection.execute("CREATE TABLE people (email text PRIMARY KEY, age int)")
        await connection.execute("INSERT INTO people VALUES ($1, 1)", "ada@example.org")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO people VALUES ($1, 2)", "ada@example.org")
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("SELECT 'ada@example.org'::text, 1 / 0")
        await connection.close()
    log = (data / "logs" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "ada@example.org" not in log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for PostgreSQL")
async def test_root_is_told_which_folder_is_closed_to_postgres(engines_folder: Path) -> None:
    closed = engines_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(LocalError, match=str(closed)):
        async with Platform(only_postgres(closed / "data")):
            pytest.fail("PostgreSQL cannot pass there")


def test_no_process_outlives_a_platform_that_was_killed(data: Path) -> None:
    script = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom pathloom_local.platform import Options, Platform\n"
        "async def main():\n"
        "  async with Platform(Options(data=Path(sys.argv[1]), services=(), engines=('postgres', 'neo4j'))):\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(data)])
    # A Neo4j that is still starting ends with its parent as one that answers does, and is there ten seconds sooner.
    while not all(_said(parent, what) for what in ("neo4j.args", "postgres -D")):
        assert parent.poll() is None
        time.sleep(0.1)
    family = psutil.Process(parent.pid).children(recursive=True)
    password = (data / "secrets" / "neo4j").read_text()
    assert not _said(parent, password)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family):
        time.sleep(0.1)


def _said(parent: "subprocess.Popen[bytes]", words: str) -> bool:
    """Whether the command line of a process below it holds them."""
    for process in psutil.Process(parent.pid).children(recursive=True):
        with suppress(psutil.Error):
            if words in " ".join(process.cmdline()):
                return True
    return False
