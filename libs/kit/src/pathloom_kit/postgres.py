"""One PostgreSQL database: an engine for ordinary queries, a pool of raw connections for hot paths."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from pathloom_kit.postgres_url import parse_url

RawConnection: TypeAlias = Any
"""An asyncpg connection (its pool hands out a proxy with the same methods)."""

# "local" and stricter all mean: flushed to this server's disk before the commit is answered.
_REQUIRED = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "local", "remote_apply", "remote_write"),
}


class Database:
    """Made by `connect`; `close` it."""

    def __init__(self, engine: AsyncEngine, pool: Any, dsn: URL, connect_args: dict[str, Any]) -> None:
        self.engine = engine
        self._pool = pool
        self._dsn = dsn
        self._connect_args = connect_args

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the exit, rolled back on any exception, never retried."""
        async with self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def asyncpg(self) -> AsyncIterator[RawConnection]:
        """A raw connection from the pool; begin a transaction with `async with conn.transaction()`."""
        async with self._pool.acquire() as connection:
            yield connection

    async def dedicated(self) -> RawConnection:
        """A raw connection of its own, outside the pools, for LISTEN. The caller closes it."""
        return await asyncpg.connect(**_asyncpg_args(self._dsn), **self._connect_args)

    async def close(self) -> None:
        await self.engine.dispose()
        await self._pool.close()


async def connect(
    url: str,
    password: str,
    *,
    application_name: str,
    engine_pool_size: int = 5,
    raw_pool_size: int = 10,
) -> Database:
    """Opens the pools and checks that a commit is durable there.

    `url` is postgresql://user@host:port/database (with ?sslmode=require|verify-full where wanted). SystemExit with the
    reason when fsync, full_page_writes or synchronous_commit is off, or when the server refuses us; OSError when it
    cannot be reached.
    """
    dsn = parse_url(url, password)
    connect_args: dict[str, Any] = {
        "server_settings": {"application_name": application_name, "timezone": "UTC"}
    }
    tls = _ssl_of(dsn)
    if tls is not None:
        connect_args["ssl"] = tls
    try:
        pool = await asyncpg.create_pool(
            **_asyncpg_args(dsn),
            min_size=1,
            max_size=raw_pool_size,
            command_timeout=60,
            reset=_nothing_to_reset,
            **connect_args,
        )
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise SystemExit(f"PostgreSQL at {dsn.host}:{dsn.port} refuses {application_name}: {error}") from None
    async with pool.acquire() as connection:
        problems = await durability_problems(connection)
    if problems:
        await pool.close()
        raise SystemExit(
            f"PostgreSQL at {dsn.host}:{dsn.port} would lose what it acknowledges: {', '.join(problems)}"
        )
    engine = create_async_engine(
        dsn.set(drivername="postgresql+asyncpg", query={}),
        pool_size=engine_pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args=connect_args,
    )
    return Database(engine, pool, dsn, connect_args)


async def _nothing_to_reset(connection: RawConnection) -> None:
    """A connection goes back to the pool as it is (asyncpg itself rolls back what is open): nobody changes a session's
    settings or takes its locks, and asking PostgreSQL to forget them would double the round trips of a hot read."""


async def durability_problems(connection: RawConnection) -> list[str]:
    """The settings that make a commit less than durable, as "name = value"; empty when all is well."""
    rows = await connection.fetch(
        "SELECT name, setting FROM pg_settings WHERE name = ANY($1)", list(_REQUIRED)
    )
    return sorted(f"{r['name']} = {r['setting']}" for r in rows if r["setting"] not in _REQUIRED[r["name"]])


def _asyncpg_args(dsn: URL) -> dict[str, Any]:
    return {
        "host": dsn.host or "127.0.0.1",
        "port": dsn.port or 5432,
        "user": dsn.username,
        "password": dsn.password,
        "database": dsn.database,
    }


def _ssl_of(dsn: URL) -> ssl.SSLContext | str | None:
    mode = dsn.query.get("sslmode")
    if mode is None or mode == "disable":
        return None
    if mode in ("verify-ca", "verify-full"):
        root = dsn.query.get("sslrootcert")
        context = ssl.create_default_context(cafile=str(root) if root else None)
        context.check_hostname = mode == "verify-full"
        return context
    return str(mode)
