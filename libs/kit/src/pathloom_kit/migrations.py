"""Schema migrations: forward only, under a lock, so that replicas may start together."""

import asyncio
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from pathloom_kit.postgres_url import parse_url

_LOCK = 0x7061_7468_6C6F_6F6D  # "pathloom"; one database belongs to one service


def migrate(url: str, password: str, script_location: Path) -> None:
    """Brings the database to the newest revision under `script_location`/versions, in one transaction.

    Not from inside a running event loop (use `await migrate_async(...)` there). SystemExit when the database is newer
    than this program.
    """
    asyncio.run(migrate_async(url, password, script_location))


async def migrate_async(url: str, password: str, script_location: Path) -> None:
    """The same, for callers that already run a loop."""
    engine = create_async_engine(
        parse_url(url, password).set(drivername="postgresql+asyncpg", query={}), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, script_location)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, script_location: Path) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(script_location))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, context: MigrationContext) -> Any:
        return script._upgrade_revs("head", revision)

    context = MigrationContext.configure(connection, opts={"fn": steps, "script": script})
    try:
        with Operations.context(context):
            context.run_migrations()
    except CommandError as error:
        raise SystemExit(f"the database's schema is not one this version knows: {error}") from None
