"""Rows of the door's tables; they never leave the adapters."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Identity, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


def _when(nullable: bool = False) -> "Column[datetime]":
    return Column(DateTime(timezone=True), nullable=nullable)


class ApiKeyRow(SQLModel, table=True):
    __tablename__ = "api_key"

    key_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    name: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    kind: str
    source_id: str
    created_at: datetime = Field(sa_column=_when())
    revoked_at: datetime | None = Field(default=None, sa_column=_when(nullable=True))


class ConsoleUserRow(SQLModel, table=True):
    __tablename__ = "console_user"

    name: str = Field(primary_key=True)
    password: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = Field(sa_column=_when())


class ConsoleSessionRow(SQLModel, table=True):
    __tablename__ = "console_session"

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user_name: str
    created_at: datetime = Field(sa_column=_when())
    expires_at: datetime = Field(sa_column=_when())


class LookUpRow(SQLModel, table=True):
    __tablename__ = "look_up"

    look_up_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    at: datetime = Field(sa_column=_when())
    actor: str
    via: str
    customer_ids: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    by: str
