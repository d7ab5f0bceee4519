"""Journeys of the simulated college as scoring meets them, and what everybody truly felt.

Made from the truth's touchpoints and from what the events say (repeats, policy blocks, promises, goals), without the
services before scoring: what is measured here is the score, not the resolving and cutting.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pathloom_scoring.domain.journeys import Answer, Journey, Kind, Outcome, Promise, State, Touch, Touchpoint
from pathloom_simulator import Config, Truth, college, simulate

NOW = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
SILENCE = timedelta(days=14)
SAME_DOOR = {"ivr": "voice", "bot": "chat"}


@dataclass(frozen=True)
class Felt:
    """A journey, and its true satisfaction, 1 to 5."""

    journey: Journey
    satisfaction: int


def simulated(seed: int, touchpoints: int) -> list[Felt]:
    """All journeys of one run."""
    truth: list[Truth] = []
    said: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    closed: dict[str, dict[str, str]] = defaultdict(dict)
    broken: dict[str, datetime] = {}
    for sent in simulate(Config(college(), NOW, seed, touchpoints), truth.append):
        message, properties = sent.message, sent.message.get("properties", {})
        event = str(message.get("event", ""))
        if event in ("Information Repeated", "Policy Blocked"):
            said[properties["contact_id"]][event] += 1
        elif event in ("Goal Reached", "Goal Given Up"):
            closed[str(message["userId"])][properties["goal"]] = event
        elif event == "Promise Broken":
            broken[properties["promise_id"]] = _time(message["timestamp"])
    return [_felt(line, truth_of, said, closed, broken) for line, truth_of in _by_journey(truth)]


def auc(scores: list[float], labels: list[bool]) -> float:
    """The chance that one of the satisfied scores above one of the others; ties count half."""
    order = sorted(range(len(scores)), key=lambda k: scores[k])
    ranks = [0.0] * len(scores)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and scores[order[end]] == scores[order[begin]]:
            end += 1
        for k in order[begin:end]:
            ranks[k] = (begin + end + 1) / 2
        begin = end
    good = sum(labels)
    return (sum(r for r, label in zip(ranks, labels, strict=True) if label) - good * (good + 1) / 2) / (
        good * (len(labels) - good)
    )


def _by_journey(truth: list[Truth]) -> list[tuple[Truth, dict[str, list[Truth]]]]:
    lines: dict[str, dict[str, list[Truth]]] = defaultdict(lambda: defaultdict(list))
    for line in truth:
        if "journey" in line:
            lines[line["journey"]][line["is"]].append(line)
    people = {line["person"]: [r["id"] for r in line["records"]] for line in truth if line["is"] == "person"}
    return [
        ({**of["journey"][0], "ids": people[of["journey"][0]["person"]]}, of)
        for of in lines.values()
        if of["journey"] and of["touchpoint"]
    ]


def _felt(
    line: Truth,
    of: dict[str, list[Truth]],
    said: Mapping[str, Mapping[str, int]],
    closed: Mapping[str, Mapping[str, str]],
    broken: Mapping[str, datetime],
) -> Felt:
    points: list[Touchpoint] = []
    for touched in sorted(of["touchpoint"], key=lambda one: one["start"]):
        point = _touchpoint(touched, said)
        before = next((p for p in reversed(points) if p.direction != "outbound"), None)
        hop = (
            before is not None
            and point.direction != "outbound"
            and before.outcome not in (Outcome.RESOLVED, Outcome.CONTAINED)
            and _door(before.channel) != _door(point.channel)
        )
        points.append(replace(point, hop=hop))
    points += [_survey(one) for one in of["survey"]]
    last = max(p.end or p.start for p in points[: len(of["touchpoint"])] if p.start is not None)
    event = next(
        (closed[key][line["goal"]] for key in line["ids"] if line["goal"] in closed.get(key, {})), ""
    )
    state = {"Goal Reached": State.REACHED, "Goal Given Up": State.GIVEN_UP}.get(
        event, State.SILENT if last is not None and last + SILENCE < NOW else State.IN_PROGRESS
    )
    promises = tuple(
        Promise(
            one["promise_id"],
            _time(one["due_at"]),
            _time(one["made_at"]),
            _time(one["kept_at"]) if one["kept_at"] else None,
            broken.get(one["promise_id"]),
        )
        for one in of["promise"]
    )
    return Felt(
        Journey(
            journey_id=line["journey"],
            goal=line["goal"],
            state=state,
            opened_at=points[0].start,
            last_at=last,
            closed_at=None if state is State.IN_PROGRESS or last is None else last + SILENCE,
            touchpoints=tuple(points),
            promises=promises,
        ),
        line["satisfaction"],
    )


def _touchpoint(line: Truth, said: Mapping[str, Mapping[str, int]]) -> Touchpoint:
    outcome = Outcome(line["outcome"]) if line["outcome"] != "ongoing" else Outcome.UNKNOWN
    common = {
        "channel": line["channel"],
        "direction": line["direction"],
        "touch": Touch.CUSTOMER_ACTIVE if line["direction"] == "inbound" else Touch.BRAND_ACTIVE,
        "start": _time(line["start"]),
        "end": _time(line["end"]) if line["end"] else None,
        "outcome": outcome,
    }
    if line["type"] == "visit":
        steps = line["steps"]
        return Touchpoint(
            touchpoint_id=f"v-{line['start']}",
            kind=Kind.VISIT,
            steps_failed=sum(bool(step.get("failed")) for step in steps),
            steps_done=sum(bool(step.get("done")) for step in steps),
            **common,
        )
    legs = line["legs"]
    agents = [leg for leg in legs if leg["kind"] == "agent"]
    heard = [said.get(key, {}) for key in line["contact_ids"]]
    return Touchpoint(
        touchpoint_id=line["contact_id"],
        kind=Kind.CONTACT,
        leg_kinds=tuple(leg["kind"] for leg in legs),
        waiting_s=_sum(legs, "wait_s"),
        hold_s=_sum(agents, "hold_s"),
        answered=bool(agents),
        offered=any(leg["kind"] in ("queue", "alert", "agent") for leg in legs),
        transfers=max(0, len(agents) - 1) if line["channel"] != "email" else 0,
        repeats=sum(one.get("Information Repeated", 0) for one in heard),
        policy_blocks=sum(one.get("Policy Blocked", 0) for one in heard),
        contact_ids=tuple(line["contact_ids"]),
        **common,
    )


def _survey(line: Truth) -> Touchpoint:
    asked = _time(line["asked_at"])
    low, high = (1, 5) if line["scale"] == "csat" else (0, 10)
    answers = () if line["value"] is None else (
        Answer(line["scale"], float(line["value"]), low, high, line["about"], line["about_id"], asked),
    )  # fmt: skip
    return Touchpoint(
        line["survey_id"], Kind.SURVEY, "survey", "outbound", Touch.BRAND_ACTIVE, asked, answers=answers
    )


def _door(channel: str) -> str:
    return SAME_DOOR.get(channel, channel)


def _sum(legs: list[dict[str, Any]], name: str) -> float | None:
    found = [leg[name] for leg in legs if leg[name] is not None]
    return sum(found) if found else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
