"""Keys in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pathloom_kit.postgres import Database
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from pathloom_gateway.adapters.door_tables import ApiKeyRow
from pathloom_gateway.domain.access import Key, KeyKind, Scope

# Asked again and again while calls come: one prepared statement, one round trip.
_IN_FORCE = """
SELECT key_id, name, scopes, kind, source_id, created_at, revoked_at FROM api_key WHERE digest = $1 AND revoked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class PostgresKeys:
    """A KeyStore."""

    database: Database

    async def add(self, key: Key, digest: bytes) -> None:
        async with self.database.transaction() as conn:
            await conn.execute(insert(ApiKeyRow).values(**_values(key, digest)))

    async def ensure(self, key: Key, digest: bytes) -> None:
        values = _values(key, digest)
        statement = insert(ApiKeyRow).values(**values)
        update_to = {name: value for name, value in values.items() if name not in ("key_id", "created_at")}
        async with self.database.transaction() as conn:
            await conn.execute(statement.on_conflict_do_update(index_elements=["key_id"], set_=update_to))

    async def find(self, digest: bytes) -> Key | None:
        async with self.database.asyncpg() as conn:
            row = await conn.fetchrow(_IN_FORCE, digest)
        return None if row is None else _key(row)

    async def list(self) -> Sequence[Key]:
        statement = select(ApiKeyRow.__table__).order_by(  # type: ignore[attr-defined]
            col(ApiKeyRow.created_at).desc(), col(ApiKeyRow.key_id).desc()
        )
        async with self.database.transaction() as conn:
            return [_key(row._mapping) for row in await conn.execute(statement)]

    async def revoke(self, key_id: str, at: datetime) -> bool:
        known = select(col(ApiKeyRow.key_id)).where(col(ApiKeyRow.key_id) == key_id)
        revoked = (
            update(ApiKeyRow)
            .where(col(ApiKeyRow.key_id) == key_id, col(ApiKeyRow.revoked_at).is_(None))
            .values(revoked_at=at)
        )
        async with self.database.transaction() as conn:
            if (await conn.execute(known)).one_or_none() is None:
                return False
            await conn.execute(revoked)
        return True


def _values(key: Key, digest: bytes) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "digest": digest,
        "name": key.name,
        "scopes": sorted(str(scope) for scope in key.scopes),
        "kind": str(key.kind),
        "source_id": key.source_id,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


def _key(row: Mapping[str, Any]) -> Key:
    return Key(
        key_id=row["key_id"],
        name=row["name"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        kind=KeyKind(row["kind"]),
        source_id=row["source_id"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
