"""Console users and their sessions in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime

from pathloom_kit.postgres import Database
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from pathloom_gateway.adapters.door_tables import ConsoleSessionRow, ConsoleUserRow
from pathloom_gateway.application.ports import Session, User
from pathloom_gateway.domain.access import Scope


@dataclass(frozen=True, slots=True)
class PostgresUsers:
    """A UserStore."""

    database: Database

    async def add(self, user: User, at: datetime) -> bool:
        statement = (
            insert(ConsoleUserRow)
            .values(
                name=user.name,
                password=user.password,
                scopes=sorted(str(scope) for scope in user.scopes),
                created_at=at,
            )
            .on_conflict_do_nothing()
            .returning(col(ConsoleUserRow.name))
        )
        async with self.database.transaction() as conn:
            return (await conn.execute(statement)).one_or_none() is not None

    async def find(self, name: str) -> User | None:
        statement = select(col(ConsoleUserRow.password), col(ConsoleUserRow.scopes)).where(
            col(ConsoleUserRow.name) == name
        )
        async with self.database.transaction() as conn:
            row = (await conn.execute(statement)).one_or_none()
        return None if row is None else User(name, row.password, frozenset(map(Scope, row.scopes)))


@dataclass(frozen=True, slots=True)
class PostgresSessions:
    """A SessionStore."""

    database: Database

    async def add(self, digest: bytes, user: str, at: datetime, expires_at: datetime) -> None:
        row = {"digest": digest, "user_name": user, "created_at": at, "expires_at": expires_at}
        async with self.database.transaction() as conn:
            await conn.execute(delete(ConsoleSessionRow).where(col(ConsoleSessionRow.expires_at) <= at))
            await conn.execute(insert(ConsoleSessionRow).values(**row))

    async def find(self, digest: bytes, now: datetime) -> Session | None:
        statement = (
            select(col(ConsoleUserRow.name), col(ConsoleUserRow.scopes), col(ConsoleSessionRow.expires_at))
            .join(ConsoleUserRow, col(ConsoleUserRow.name) == col(ConsoleSessionRow.user_name))
            .where(col(ConsoleSessionRow.digest) == digest, col(ConsoleSessionRow.expires_at) > now)
        )
        async with self.database.transaction() as conn:
            row = (await conn.execute(statement)).one_or_none()
        return None if row is None else Session(row.name, frozenset(map(Scope, row.scopes)), row.expires_at)

    async def drop(self, digest: bytes) -> None:
        async with self.database.transaction() as conn:
            await conn.execute(delete(ConsoleSessionRow).where(col(ConsoleSessionRow.digest) == digest))
