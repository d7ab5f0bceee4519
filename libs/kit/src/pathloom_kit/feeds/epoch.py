"""The epoch of a database's feeds: new after each restore or rebuild, so that followers know to read again."""

import secrets

from pathloom_kit.postgres import RawConnection

# What changes when the data was brought back from elsewhere: the cluster (dump and restore into another), its
# timeline (point-in-time recovery, promotion of a standby), the database (a copy of it in its place: CREATE DATABASE
# ... TEMPLATE keeps the ids of all tables), the table's own id (dump and restore into the same).
_FINGERPRINT = """
SELECT (SELECT system_identifier FROM pg_control_system())::text
    || ':' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
    || ':' || (SELECT oid FROM pg_database WHERE datname = current_database())
    || ':' || 'feed_epoch'::regclass::oid
"""


class NoEpoch(LookupError):
    """`ensure_epoch` never ran on this database."""

    def __init__(self) -> None:
        super().__init__("this database has no epoch yet: ensure_epoch belongs in the service's start")


async def epoch(conn: RawConnection) -> str:
    """The epoch in force. NoEpoch before `ensure_epoch` ever ran."""
    found = await conn.fetchval("SELECT epoch FROM feed_epoch")
    if found is None:
        raise NoEpoch
    return str(found)


async def ensure_epoch(conn: RawConnection) -> str:
    """Call when the service starts: begins the first epoch, or a new one when the data was restored since the last."""
    async with conn.transaction():
        await conn.execute("LOCK TABLE feed_epoch IN EXCLUSIVE MODE")
        mark = await conn.fetchval(_FINGERPRINT)
        row = await conn.fetchrow("SELECT epoch, fingerprint FROM feed_epoch")
        if row is not None and row["fingerprint"] == mark:
            return str(row["epoch"])
        return await _begin(conn, mark)


async def new_epoch(conn: RawConnection) -> str:
    """Begins a new epoch: after a rebuild, or when told to by an operator."""
    async with conn.transaction():
        await conn.execute("LOCK TABLE feed_epoch IN EXCLUSIVE MODE")
        return await _begin(conn, await conn.fetchval(_FINGERPRINT))


async def renew_epoch(conn: RawConnection, lost: str) -> str:
    """Ends the epoch `lost`, once, whoever asks: a follower has read what this database no longer holds, so it was
    restored to an earlier point without being told. Returns the epoch now in force."""
    async with conn.transaction():
        await conn.execute("LOCK TABLE feed_epoch IN EXCLUSIVE MODE")
        current = await epoch(conn)
        return current if current != lost else await _begin(conn, await conn.fetchval(_FINGERPRINT))


async def _begin(conn: RawConnection, fingerprint: str) -> str:
    fresh = secrets.token_urlsafe(12)
    await conn.execute("DELETE FROM feed_epoch")
    await conn.execute("INSERT INTO feed_epoch (epoch, fingerprint) VALUES ($1, $2)", fresh, fingerprint)
    return fresh
