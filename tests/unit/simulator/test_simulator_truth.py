"""The truth that the simulator writes agrees with what it sends, and with what it promises."""

import random
from collections import defaultdict
from datetime import datetime
from itertools import combinations, pairwise

import pytest
from pathloom_simulator import Truth, expected_customers
from pathloom_simulator.values import Goal

from .simulated_college import at, fold_contacts, folded_roots, once, run


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_every_contact_is_in_both_and_folds_to_its_root() -> None:
    said = folded_roots(run().sent)
    told = {
        (line["source"], contact): line["contact_id"]
        for line in run().touchpoints("contact")
        for contact in line["contact_ids"]
    }
    assert said == told


def test_legs_folded_from_the_events_are_the_true_legs() -> None:
    folded = fold_contacts(run().sent, folded_roots(run().sent))
    for line in run().touchpoints("contact"):
        mine = folded[(line["source"], line["contact_id"])]
        assert len(mine) == len(line["legs"])
        for leg, true in zip(mine, line["legs"], strict=True):
            assert (leg.kind, leg.agent, leg.queue) == (true["kind"], true["agent_id"], true["queue"])
            assert leg.begin == seconds(true["start"])
            assert leg.end == (seconds(true["end"]) if true["end"] else None)
            assert leg.acw == true["acw_s"]
            assert leg.codes == true["codes"]
            if leg.kind == "agent" and leg.end is not None:
                assert leg.hold == pytest.approx(true["hold_s"])
                assert leg.end - leg.begin - leg.hold == pytest.approx(true["talk_s"])


def test_contacts_have_everything_that_real_ones_have() -> None:
    contacts = run().touchpoints("contact")
    legs = [leg for line in contacts for leg in line["legs"]]
    assert {leg["kind"] for leg in legs} == {"ivr", "bot", "queue", "alert", "agent", "consult"}
    assert {line["channel"] for line in contacts} == {"voice", "ivr", "chat", "bot", "email", "in_store"}
    assert any(leg["unanswered"] for leg in legs if leg["kind"] == "alert")
    assert any(len(line["contact_ids"]) > 1 for line in contacts)
    assert any(
        sum(leg["kind"] == "agent" for leg in line["legs"]) > 2
        for line in contacts
        if line["channel"] == "voice"
    )
    relations = {one.message["properties"].get("relation") for one in run().sent if one.method == "track"}
    assert relations >= {"transfer_of", "consult_for", "callback_of", "handover_from", "reply_to"}
    assert {line["outcome"] for line in contacts} >= {
        "abandoned",
        "contained",
        "resolved",
        "unresolved",
        "ongoing",
    }


def test_visits_are_pages_of_one_record_without_a_gap_over_thirty_minutes() -> None:
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in once(run().sent):
        if one.source_id == "portal" and one.method != "identify":
            user, anonymous = one.message.get("userId"), one.message.get("anonymousId")
            times[("user", user) if user else ("anonymous", str(anonymous))].append(at(one.message))
    found = []
    for record, moments in times.items():
        begin = moments[0]
        for left, right in pairwise([*moments, float("inf")]):
            if right - left > 1800:
                found.append((record, begin, left))
                begin = right
    told = [
        ((line["record"][0], line["record"][1]), seconds(line["start"]), seconds(line["end"]))
        for line in run().touchpoints("visit")
    ]
    assert sorted(found) == sorted(told)


def test_no_two_people_share_an_identifier_that_joins() -> None:
    owner: dict[tuple[str, ...], str] = {}
    for person in run().lines("person"):
        for record in person["records"]:
            for value in record["joins"]:
                assert owner.setdefault(tuple(value), person["person"]) == person["person"]


def test_households_share_what_only_finds() -> None:
    finds: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for person in run().lines("person"):
        for record in person["records"]:
            for value in record["finds"]:
                finds[tuple(value)].add(person["person"])
    assert any(len(people) > 1 for people in finds.values())


def test_customers_as_far_as_joining_identifiers_can_tell() -> None:
    people = run().lines("person")
    who = {
        (record["namespace"], record["kind"], record["id"]): person["person"]
        for person in people
        for record in person["records"]
    }
    customers = expected_customers(people)
    assert all(len({who[record] for record in customer}) == 1 for customer in customers)
    named = [record for person in people for record in person["records"] if record["named"]]
    assert sum(len(customer) for customer in customers) == len(named)
    assert any(len(customer) > 3 for customer in customers)
    # Somebody's records that nothing joins: only evidence that is not an identifier could ever tell.
    several = {person for person in who.values() if sum(person == who[next(iter(c))] for c in customers) > 1}
    assert several


def test_promises_are_kept_broken_and_open() -> None:
    promises = run().lines("promise")
    assert any(promise["kept_at"] for promise in promises)
    assert any(not promise["kept_at"] for promise in promises)
    made = {
        one.message["properties"].get("promise_id")
        for one in run().sent
        if one.message.get("event") == "Promise Made"
    }
    assert made == {promise["promise_id"] for promise in promises}


def test_who_answers_surveys_is_not_a_fair_sample() -> None:
    felt = {line["journey"]: line["satisfaction"] for line in run().lines("journey")}
    answered: dict[bool, list[bool]] = defaultdict(list)
    for survey in run(1, 6000).lines("survey"):
        if survey["about"] == "journey" and survey["journey"] in felt:
            answered[felt[survey["journey"]] in (1, 5)].append(survey["value"] is not None)
    rate = {extreme: sum(values) / len(values) for extreme, values in answered.items()}
    assert rate[True] > rate[False]


def area_under_curve(scores: list[float], positive: list[bool]) -> float:
    good = [score for score, is_good in zip(scores, positive, strict=True) if is_good]
    bad = [score for score, is_good in zip(scores, positive, strict=True) if not is_good]
    return sum((g > b) + (g == b) / 2 for g in good for b in bad) / (len(good) * len(bad))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_satisfaction_follows_from_friction(seed: int) -> None:
    """An estimate with weights of its own, one for each thing that went wrong, tells who is satisfied."""
    scores, satisfied = [], []
    for line in run(seed).lines("journey"):
        strain = line["strain"]
        trouble = strain["wait_s"] / 300 + strain["hold_s"] / 300
        for name in (
            "abandoned",
            "transfers",
            "repeats",
            "hops",
            "failed_steps",
            "policy_blocks",
            "broken_promises",
        ):
            trouble += strain[name]
        scores.append(-trouble)
        satisfied.append(line["satisfaction"] >= 4)
    assert 0.3 < sum(satisfied) / len(satisfied) < 0.7
    assert 0.8 < area_under_curve(scores, satisfied) < 0.97


def hints_of(goals: tuple[Goal, ...]) -> dict[str, str]:
    hints: dict[str, str] = {}
    for goal in goals:
        for stage in goal.stages:
            for hint in (*stage.pages, *stage.steps, *stage.codes, *stage.stated, stage.intent):
                hints[hint] = goal.key
    return hints


def cut(touchpoints: list[Truth], hinted: dict[str, str], silence_s: float = 14 * 86400) -> list[int]:
    """A plain cutter: goal by hint, else of the nearest in time; a new journey after a silence."""
    goals = [hinted.get(touchpoint["key"], "") for touchpoint in touchpoints]
    begun = [seconds(touchpoint["start"]) for touchpoint in touchpoints]
    for place, goal in enumerate(list(goals)):
        known = [other for other in range(len(goals)) if hinted.get(touchpoints[other]["key"])]
        if not goal and known:
            goals[place] = goals[min(known, key=lambda other: abs(begun[other] - begun[place]))]
    open_until: dict[str, tuple[int, float]] = {}
    labels = []
    for place, goal in enumerate(goals):
        label, until = open_until.get(goal, (place, 0.0))
        label = label if begun[place] <= until else place
        open_until[goal] = (label, begun[place] + silence_s)
        labels.append(label)
    return labels


@pytest.mark.parametrize("seed", [1, 2])
def test_journeys_can_be_recovered_from_the_hints(seed: int) -> None:
    told = hints_of(run(seed).config.company.goals)
    roots = folded_roots(run(seed).sent)
    weight: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    moments: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for line in run(seed).touchpoints("visit"):
        key = f"{line['record']}{line['start']}"
        moments[str(line["record"])].append((seconds(line["start"]), seconds(line["end"]), key))
    for one in once(run(seed).sent):
        said = one.message.get("properties", {})
        values = [said.get(name) for name in ("stated_reason", "intent", "category", "step")] + said.get(
            "codes", []
        )
        found = [told[value] for value in values if value in told]
        if "contact_id" in said:
            keys = [f"{one.source_id}{roots[(one.source_id, said['contact_id'])]}"]
        else:
            user, when = one.message.get("userId"), at(one.message)
            record = str(["user", user] if user else ["anonymous", one.message.get("anonymousId")])
            keys = [key for begin, end, key in moments[record] if begin <= when <= end]
        for key in keys:
            for goal in found:
                weight[key][goal] += 1
    hinted = {key: max(goals, key=lambda goal: goals[goal]) for key, goals in weight.items()}
    people: dict[str, list[Truth]] = defaultdict(list)
    for line in run(seed).lines("touchpoint"):
        key = (
            f"{line['record']}{line['start']}"
            if line["type"] == "visit"
            else f"{line['source']}{line['contact_id']}"
        )
        people[line["person"]].append({**line, "key": key})
    right = wrong = missed = 0
    for touchpoints in people.values():
        touchpoints.sort(key=lambda line: line["start"])
        labels = cut(touchpoints, hinted)
        for left, other in combinations(range(len(labels)), 2):
            same = touchpoints[left]["journey"] == touchpoints[other]["journey"]
            together = labels[left] == labels[other]
            right, wrong, missed = (
                right + (same and together),
                wrong + (together and not same),
                missed + (same and not together),
            )
    f1 = 2 * right / (2 * right + wrong + missed)
    assert 0.9 <= f1 < 1, f1
    # Some touchpoints tell nothing, so that a cutter has something to guess.
    silent = sum(not line["hinted"] for line in run(seed).lines("touchpoint"))
    assert silent > 0.03 * len(run(seed).lines("touchpoint"))


def test_random_guessing_is_no_way_to_recover_them() -> None:
    """The bar above means something: the same measure on shuffled journeys is low."""
    lines = run().lines("touchpoint")
    labels = [line["journey"] for line in lines]
    random.Random(1).shuffle(labels)
    by_person: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line, label in zip(lines, labels, strict=True):
        by_person[line["person"]].append((line["journey"], label))
    pairs = [pair for mine in by_person.values() for pair in combinations(mine, 2)]
    right = sum(left[0] == other[0] and left[1] == other[1] for left, other in pairs)
    assert right < 0.1 * sum(left[0] == other[0] for left, other in pairs)
