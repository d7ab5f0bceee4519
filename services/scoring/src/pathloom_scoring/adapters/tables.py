"""The tables of scoring as SQLModel rows. Private to the adapters; the migration makes them.

A fact repeats what it is filtered and grouped by (channel, queue, …), so that a measure is one scan of one table.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import TIMESTAMP, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _instant(**kwargs: Any) -> Any:
    """A timestamptz column."""
    return Field(sa_type=TIMESTAMP(timezone=True), **kwargs)


class JourneyScoreRow(SQLModel, table=True):
    """One journey as it is now; not alive: withdrawn, kept for its version only."""

    __tablename__ = "journey_score"
    __table_args__ = (
        Index("journey_score_newest", "last_at", "journey_id", postgresql_where=text("alive")),
        Index("journey_score_epoch", "epoch", "model"),
        Index(
            "journey_score_omitted", "journey_id", postgresql_where=text("alive AND omitted_touchpoints > 0")
        ),
    )

    journey_id: str = Field(primary_key=True)
    epoch: str
    version: int
    model: str
    alive: bool
    customer_id: str
    goal: str
    goal_label: str
    state: str
    opened_at: datetime | None = _instant(default=None)
    last_at: datetime | None = _instant(default=None)
    channels: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    first_channel: str
    touchpoints: int
    friction: float
    satisfaction: float | None = None
    satisfaction_bytes: bytes
    nps: float | None = None
    cost: float | None = None
    omitted_touchpoints: int
    omitted_by_channel: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    omitted_until: datetime | None = _instant(default=None)
    test: bool


class _Place(SQLModel):
    """What every fact is found, filtered and grouped by. `position`: its place in the journey, oldest first."""

    journey_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    customer_id: str
    goal: str
    touchpoint_id: str
    channel: str
    queue: str
    department: str
    reason: str
    touch: str
    test: bool
    at: datetime = _instant()


class TouchpointFactRow(_Place, table=True):
    """One touchpoint."""

    __tablename__ = "touchpoint_fact"
    __table_args__ = (
        Index("touchpoint_fact_at", "at"),
        Index(
            "touchpoint_fact_follow_up",
            "customer_id",
            "reason",
            "at",
            "touchpoint_id",
            postgresql_where=text("inbound"),
        ),
    )

    contact: bool
    inbound: bool
    begun_by_customer: bool
    concluded: bool
    offered: bool
    answered: bool
    short_call: bool
    abandoned: bool
    entered_self_service: bool
    contained: bool
    transfers: int
    hop: bool
    not_fcr: bool
    answer_wait_s: float | None = None
    waiting_s: float | None = None
    cost: float | None = None


class HandlingFactRow(_Place, table=True):
    """One handling that is over."""

    __tablename__ = "handling_fact"
    __table_args__ = (Index("handling_fact_at", "at"),)

    handle_s: float | None = None


class AnswerFactRow(_Place, table=True):
    """One survey answer, on its scale's standard width."""

    __tablename__ = "answer_fact"
    __table_args__ = (Index("answer_fact_at", "at"),)

    scale: str
    about: str
    value: float | None = None


class PromiseFactRow(_Place, table=True):
    """One promise; `at` is when it is due, else when it was made."""

    __tablename__ = "promise_fact"
    __table_args__ = (Index("promise_fact_at", "at"),)

    promise_id: str
    due_at: datetime | None = _instant(default=None)
    kept_at: datetime | None = _instant(default=None)
    broken_at: datetime | None = _instant(default=None)


class ScoringStateRow(SQLModel, table=True):
    """One row: when the last change of a journey was applied, by the database's clock."""

    __tablename__ = "scoring_state"

    one: bool = Field(default=True, primary_key=True)
    applied_at: datetime | None = _instant(default=None)


FACTS: tuple[type[_Place], ...] = (TouchpointFactRow, HandlingFactRow, AnswerFactRow, PromiseFactRow)
