"""Facts as columns for `unnest`: the fastest way in. Column names and types are stated once, here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pathloom_scoring.adapters.scores_proto import satisfaction_message
from pathloom_scoring.domain.facts import (
    AnswerFact,
    HandlingFact,
    JourneyFacts,
    Place,
    PromiseFact,
    TouchpointFact,
)

T = TypeVar("T")
Getter = Callable[[T], Any]


@dataclass(frozen=True)
class Bulk(Generic[T]):
    """How a kind of row goes into its table."""

    table: str
    columns: Sequence[tuple[str, str, Getter[T]]]

    @property
    def names(self) -> str:
        return ", ".join(name for name, _, _ in self.columns)

    def unnest(self, first: int = 1) -> str:
        """`unnest($1::type[], …) AS i(names)`."""
        arrays = ", ".join(f"${first + k}::{kind}[]" for k, (_, kind, _) in enumerate(self.columns))
        return f"unnest({arrays}) AS i({self.names})"

    @property
    def replace(self) -> str:
        """Of journeys ($1) with so many rows each ($2) all rows ($3 …): those beyond go, those that are there already stay."""
        return f"""
WITH beyond AS (
    DELETE FROM {self.table} t USING unnest($1::text[], $2::int[]) AS j(journey_id, held)
    WHERE t.journey_id = j.journey_id AND t.position >= j.held
)
INSERT INTO {self.table} ({self.names})
SELECT {self.names} FROM {self.unnest(3)} EXCEPT SELECT {self.names} FROM {self.table} WHERE journey_id = ANY($1)
ON CONFLICT (journey_id, position) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name, _, _ in self.columns)}
"""  # noqa: S608 - constants of this module

    def arguments(self, rows: Sequence[T]) -> list[list[Any]]:
        """One list for each column."""
        return [[get(row) for row in rows] for _, _, get in self.columns]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a journey's row comes from: journey-graph's epoch and version; facts None: withdrawn."""

    journey_id: str
    epoch: str
    version: int
    model: str
    facts: JourneyFacts | None
    entry: bytes
    traceparent: str


def _of(get: Callable[[JourneyFacts], Any], otherwise: Any) -> Getter[Source]:
    return lambda source: otherwise if source.facts is None else get(source.facts)


JOURNEYS: Bulk[Source] = Bulk(
    "journey_score",
    (
        ("journey_id", "text", lambda s: s.journey_id),
        ("epoch", "text", lambda s: s.epoch),
        ("version", "bigint", lambda s: s.version),
        ("model", "text", lambda s: s.model),
        ("alive", "bool", lambda s: s.facts is not None),
        ("customer_id", "text", _of(lambda f: f.journey.customer_id, "")),
        ("goal", "text", _of(lambda f: f.journey.goal, "")),
        ("goal_label", "text", _of(lambda f: f.journey.goal_label, "")),
        ("state", "text", _of(lambda f: f.journey.state.value, "")),
        ("opened_at", "timestamptz", _of(lambda f: f.journey.opened_at, None)),
        ("last_at", "timestamptz", _of(lambda f: f.last_at, None)),
        ("channels", "jsonb", _of(lambda f: json.dumps(f.channels), "[]")),
        ("first_channel", "text", _of(lambda f: f.first_channel, "")),
        ("touchpoints", "bigint", _of(lambda f: f.journey.touchpoint_count, 0)),
        ("friction", "float8", _of(lambda f: f.score.friction.points, 0.0)),
        ("satisfaction", "float8", _of(lambda f: f.score.satisfaction.value, None)),
        (
            "satisfaction_bytes",
            "bytea",
            _of(lambda f: satisfaction_message(f.score.satisfaction).SerializeToString(), b""),
        ),
        ("nps", "float8", _of(lambda f: f.nps, None)),
        ("cost", "float8", _of(lambda f: f.cost, None)),
        ("omitted_touchpoints", "bigint", _of(lambda f: f.journey.omitted.touchpoints, 0)),
        (
            "omitted_by_channel",
            "jsonb",
            _of(lambda f: json.dumps(dict(f.journey.omitted.by_channel), sort_keys=True), "{}"),
        ),
        ("omitted_until", "timestamptz", _of(lambda f: f.shown_from, None)),
        ("test", "bool", _of(lambda f: f.journey.test, False)),
    ),
)


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A fact at its position in its journey."""

    of: JourneyFacts
    position: int
    place: Place
    fact: T


def placed(journeys: Iterable[JourneyFacts], facts: Callable[[JourneyFacts], Sequence[T]]) -> list[Placed[T]]:
    """All facts of a kind, numbered within each journey."""
    return [
        Placed(of, position, fact.place, fact)  # type: ignore[attr-defined]
        for of in journeys
        for position, fact in enumerate(facts(of))
    ]


def _place() -> tuple[tuple[str, str, Getter[Placed[Any]]], ...]:
    return (
        ("journey_id", "text", lambda p: p.of.journey.journey_id),
        ("position", "int", lambda p: p.position),
        ("customer_id", "text", lambda p: p.of.journey.customer_id),
        ("goal", "text", lambda p: p.of.journey.goal),
        ("touchpoint_id", "text", lambda p: p.place.touchpoint_id),
        ("channel", "text", lambda p: p.place.channel),
        ("queue", "text", lambda p: p.place.queue),
        ("department", "text", lambda p: p.place.department),
        ("reason", "text", lambda p: p.place.reason),
        ("touch", "text", lambda p: p.place.touch),
        ("test", "bool", lambda p: p.place.test),
        ("at", "timestamptz", lambda p: p.fact.at),
    )


TOUCHPOINTS: Bulk[Placed[TouchpointFact]] = Bulk(
    "touchpoint_fact",
    (
        *_place(),
        ("contact", "bool", lambda p: p.fact.contact),
        ("inbound", "bool", lambda p: p.fact.inbound),
        ("begun_by_customer", "bool", lambda p: p.fact.begun_by_customer),
        ("concluded", "bool", lambda p: p.fact.concluded),
        ("offered", "bool", lambda p: p.fact.offered),
        ("answered", "bool", lambda p: p.fact.answered),
        ("short_call", "bool", lambda p: p.fact.short_call),
        ("abandoned", "bool", lambda p: p.fact.abandoned),
        ("entered_self_service", "bool", lambda p: p.fact.entered_self_service),
        ("contained", "bool", lambda p: p.fact.contained),
        ("transfers", "bigint", lambda p: p.fact.transfers),
        ("hop", "bool", lambda p: p.fact.hop),
        ("not_fcr", "bool", lambda p: p.of.journey.not_first_contact_resolvable),
        ("answer_wait_s", "float8", lambda p: p.fact.answer_wait_s),
        ("waiting_s", "float8", lambda p: p.fact.waiting_s),
        ("cost", "float8", lambda p: p.fact.cost),
    ),
)
HANDLINGS: Bulk[Placed[HandlingFact]] = Bulk(
    "handling_fact", (*_place(), ("handle_s", "float8", lambda p: p.fact.handle_s))
)
ANSWERS: Bulk[Placed[AnswerFact]] = Bulk(
    "answer_fact",
    (
        *_place(),
        ("scale", "text", lambda p: p.fact.scale),
        ("about", "text", lambda p: p.fact.about),
        ("value", "float8", lambda p: p.fact.value),
    ),
)
PROMISES: Bulk[Placed[PromiseFact]] = Bulk(
    "promise_fact",
    (
        *_place(),
        ("promise_id", "text", lambda p: p.fact.promise_id),
        ("due_at", "timestamptz", lambda p: p.fact.due_at),
        ("kept_at", "timestamptz", lambda p: p.fact.kept_at),
        ("broken_at", "timestamptz", lambda p: p.fact.broken_at),
    ),
)
FACTS: tuple[tuple[Bulk[Any], Callable[[JourneyFacts], Sequence[Any]]], ...] = (
    (TOUCHPOINTS, lambda f: f.touchpoints),
    (HANDLINGS, lambda f: f.handlings),
    (ANSWERS, lambda f: f.answers),
    (PROMISES, lambda f: f.promises),
)
