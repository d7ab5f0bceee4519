"""Connecting: only to a server that keeps what it acknowledges. Migrating: once, whoever starts."""

import asyncio
import ssl
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from pathloom_kit.leases import PgLease, while_held
from pathloom_kit.migrations import migrate, migrate_async
from pathloom_kit.postgres import Database, _ssl_of, connect, durability_problems
from pathloom_kit.postgres_url import parse_url
from pathloom_kit.transient import is_transient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

REVISION = """
from alembic import op
revision = "{revision}"
down_revision = {before}
def upgrade():
    op.execute("CREATE TABLE made_{revision} (n int)")
"""


async def test_a_server_that_acknowledges_before_it_flushes_is_refused(
    two_databases: tuple[str, str],
) -> None:
    where = two_databases[0]
    name = where.rsplit("/", 1)[1].partition("?")[0]
    database = await connect(where, "", application_name="kit")
    async with database.asyncpg() as conn:
        await conn.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        with pytest.raises(SystemExit, match="synchronous_commit = off"):
            await connect(where, "", application_name="kit")
    finally:
        async with database.asyncpg() as conn:
            await conn.execute(f"ALTER DATABASE {name} RESET synchronous_commit")
        await database.close()


async def test_what_makes_a_commit_less_than_durable() -> None:
    class Server:
        async def fetch(self, query: str, names: list[str]) -> list[dict[str, str]]:
            return [{"name": name, "setting": "off"} for name in names]

    assert await durability_problems(Server()) == [
        "fsync = off",
        "full_page_writes = off",
        "synchronous_commit = off",
    ]


async def test_a_wrong_password_says_so_and_a_wrong_url_too(two_databases: tuple[str, str]) -> None:
    with pytest.raises(SystemExit, match="refuses"):
        await connect(two_databases[0], "not the password", application_name="kit")
    with pytest.raises(SystemExit, match="postgresql://"):
        parse_url("mysql://localhost/x", "")
    with pytest.raises(SystemExit, match="postgresql://"):
        parse_url("nonsense", "")


async def test_a_transaction_commits_at_its_end_or_not_at_all(upstream: Database) -> None:
    async with upstream.transaction() as conn:
        await conn.execute(text("CREATE TABLE t (n int)"))
    with suppress(LookupError):
        async with upstream.transaction() as conn:
            await conn.execute(text("INSERT INTO t VALUES (1)"))
            raise LookupError
    async with upstream.asyncpg() as conn:
        assert await conn.fetchval("SELECT count(*) FROM t") == 0


async def test_transient_is_what_may_pass(upstream: Database) -> None:
    with pytest.raises(DBAPIError) as wrong:
        async with upstream.transaction() as conn:
            await conn.execute(text("SELECT 1/0"))
    assert not is_transient(wrong.value)
    with pytest.raises((DBAPIError, OSError, asyncpg.PostgresError)) as cut:
        async with upstream.transaction() as conn:
            await conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert is_transient(cut.value)
    assert is_transient(asyncpg.DiskFullError())
    assert is_transient(PoolTimeout("QueuePool limit of size 5 overflow 0 reached"))
    # asyncpg's words for a connection that has been told it ends and has not ended yet
    dying = asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")
    assert is_transient(dying)
    assert not is_transient(asyncpg.InternalClientError("some other state of affairs"))
    assert not is_transient(asyncpg.UniqueViolationError())
    assert not is_transient(KeyError())
    async with upstream.transaction() as conn:
        await conn.execute(text("SELECT 1"))  # the pool has got over it


async def test_replicas_migrate_together_and_an_older_program_refuses(
    upstream: Database, two_databases: tuple[str, str], tmp_path: Path
) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "one.py").write_text(REVISION.format(revision="one", before=None))
    (versions / "two.py").write_text(REVISION.format(revision="two", before="'one'"))
    await asyncio.gather(*(asyncio.to_thread(_migrate, two_databases[0], tmp_path) for _ in range(3)))
    async with upstream.asyncpg() as conn:
        assert await conn.fetchval("SELECT version_num FROM alembic_version") == "two"
        await conn.fetch("SELECT * FROM made_one, made_two")
    (versions / "two.py").unlink()
    with pytest.raises(SystemExit, match="not one this version knows"):
        await migrate_async(two_databases[0], "", tmp_path)


def _migrate(url: str, folder: Path) -> None:
    migrate(url, "", folder)


async def test_one_holder_at_a_time_and_the_next_when_it_lets_go(downstream: Database) -> None:
    first, second = PgLease("feed", "a"), PgLease("feed", "b")
    async with downstream.asyncpg() as conn:
        assert await first.take(conn)
        assert await first.take(conn)
        assert not await second.take(conn)
        await conn.execute("UPDATE lease SET expires_at = now() - interval '1 second'")
        assert await second.take(conn)
        assert not await first.take(conn)
        await second.give_back(conn)
        assert await first.take(conn)


async def test_work_runs_while_the_lease_is_held_and_stops_when_it_is_lost(downstream: Database) -> None:
    lease = PgLease("feed", "a", ttl=timedelta(seconds=0.09))
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(while_held(lease, downstream, work))
    await began.wait()
    async with downstream.asyncpg() as conn:
        await conn.execute("UPDATE lease SET holder = 'b', expires_at = now() + interval '1 hour'")
    await ended.wait()
    began.clear()
    async with downstream.asyncpg() as conn:
        await conn.execute("DELETE FROM lease")
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with downstream.asyncpg() as conn:
        assert await conn.fetchval("SELECT count(*) FROM lease") == 0


def test_tls_is_asked_for_in_the_url() -> None:
    assert _ssl_of(parse_url("postgresql://u@h/d", "")) is None
    assert _ssl_of(parse_url("postgresql://u@h/d?sslmode=require", "")) == "require"
    context = _ssl_of(parse_url("postgresql://u@h/d?sslmode=verify-full", ""))
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
