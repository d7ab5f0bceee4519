"""The sentence: forty golden cases, and its bound for whatever facts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pathloom_gateway.domain.instants import micros
from pathloom_gateway.domain.sentence import MAX_WORDS, SentenceFacts, sentence

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "golden_sentences.yaml").read_text())
NOW = micros(datetime(2026, 3, 12, 10, tzinfo=UTC))
YEARS_US = 20 * 366 * 86_400_000_000
_INSTANTS = {"opened": "opened_us", "ended": "ended_us", "due": "due_us"}


def facts_of(said: dict[str, Any]) -> SentenceFacts:
    values: dict[str, Any] = {}
    for name, value in said.items():
        if name in _INSTANTS:
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            values[_INSTANTS[name]] = micros(moment)
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
    return SentenceFacts(**values)


def test_there_are_forty_cases() -> None:
    assert len(CASES) >= 40
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden(case: dict[str, Any]) -> None:
    said = sentence(facts_of(case["facts"]), NOW)
    assert said == case["says"]
    assert len(said.split()) <= MAX_WORDS


words = st.text(st.characters(codec="utf-8"), max_size=120)
instants = st.integers(NOW - YEARS_US, NOW + YEARS_US)
facts = st.builds(
    SentenceFacts,
    known=st.booleans(),
    goal=words,
    state=st.sampled_from(["", "in_progress", "reached", "given_up", "silent"]),
    opened_us=instants,
    ended_us=instants,
    attempts=st.lists(words, max_size=2).map(tuple),
    promised=st.booleans(),
    promise=words,
    due_us=st.one_of(st.just(0), instants),
)


@given(facts)
def test_never_more_than_twenty_five_words(some: SentenceFacts) -> None:
    assert len(sentence(some, NOW).split()) <= MAX_WORDS


@given(facts)
def test_says_no_promise_that_was_not_made(some: SentenceFacts) -> None:
    quiet = SentenceFacts(
        known=some.known, goal="x", state=some.state, opened_us=some.opened_us, ended_us=some.ended_us
    )
    said = sentence(quiet, NOW)
    assert "promised" not in said
    assert "overdue" not in said
    assert "failed" not in said
