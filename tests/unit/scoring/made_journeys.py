"""Journeys for the laws: any that hypothesis thinks of."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from pathloom_scoring.domain.journeys import (
    Answer,
    Journey,
    Kind,
    Omitted,
    Outcome,
    Promise,
    State,
    Touch,
    Touchpoint,
)

START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
CHANNELS = ("voice", "chat", "email", "web", "survey", "")
_seconds = st.none() | st.integers(0, 100_000).map(float)
_few = st.integers(0, 3)
_times = st.integers(0, 30 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
_answers = st.builds(
    Answer,
    scale=st.sampled_from(("nps", "csat", "ces", "own")),
    value=st.integers(-1, 12).map(float),
    scale_min=st.just(0.0),
    scale_max=st.just(0.0),
    about=st.sampled_from(("contact", "journey", "relationship", "")),
    at=_times,
)
_touchpoints = st.builds(
    Touchpoint,
    touchpoint_id=st.text("abcdef", min_size=1, max_size=4),
    kind=st.sampled_from(Kind),
    channel=st.sampled_from(CHANNELS),
    direction=st.sampled_from(("inbound", "outbound", "")),
    touch=st.sampled_from(Touch),
    start=_times,
    outcome=st.sampled_from(Outcome),
    waiting_s=_seconds,
    hold_s=_seconds,
    transfers=_few,
    repeats=_few,
    policy_blocks=_few,
    steps_failed=_few,
    answers=st.lists(_answers, max_size=2).map(tuple),
    hop=st.booleans(),
    cost=st.none() | st.just(7.5),
)
_promises = st.builds(
    Promise,
    promise_id=st.text("abc", min_size=1, max_size=3),
    due_at=st.none() | _times,
    kept_at=st.none() | _times,
    broken_at=st.none() | _times,
)
_omitted = st.just(Omitted()) | st.builds(
    Omitted,
    touchpoints=st.integers(1, 500),
    by_channel=st.dictionaries(st.sampled_from(CHANNELS), st.integers(0, 300)),
    waiting_s=st.integers(0, 10**6).map(float),
    hold_s=st.integers(0, 10**6).map(float),
    cost=st.integers(0, 10**4).map(float),
    abandoned=_few,
    failed_steps=_few,
    transfers=_few,
    hops=_few,
)
journeys = st.builds(
    Journey,
    journey_id=st.just("j"),
    state=st.sampled_from(State),
    opened_at=st.just(START),
    last_at=_times,
    touchpoints=st.lists(_touchpoints, max_size=6, unique_by=lambda p: p.touchpoint_id).map(tuple),
    omitted=_omitted,
    promises=st.lists(_promises, max_size=3).map(tuple),
)
