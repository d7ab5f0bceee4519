"""Measures through the store: hand-worked companies, groups that sum to the whole, and a recount by plain Python."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_scoring.adapters.journeys_proto import journey_from
from pathloom_scoring.application.get_measures import Measured
from pathloom_scoring.domain.intervals import Estimate
from pathloom_scoring.domain.journeys import Journey, Outcome
from pathloom_scoring.domain.measures import Parameters, UnknownMeasure, registered
from pathloom_scoring.domain.selection import NO_GROUP, GroupBy, Having, Selection

from .conftest import Scoring
from .journey_messages import NOW, answer, contact, journey, promise, survey

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
EVERYTHING, DEFAULT = Selection(), Parameters()


async def measure(
    scoring: Scoring,
    *names: str,
    selection: Selection = EVERYTHING,
    group_by: GroupBy = GroupBy.NOTHING,
    parameters: Parameters = DEFAULT,
) -> dict[tuple[str, str], Estimate]:
    found: Sequence[Measured] = await scoring.measures(selection, names, group_by, parameters)
    return {(one.name, one.group): one.estimate for one in found}


async def value(scoring: Scoring, name: str, **what: Any) -> Estimate:
    return (await measure(scoring, name, **what))[(name, "")]


async def test_nothing_is_measured_as_nothing(scoring: Scoring) -> None:
    found = await measure(scoring)
    assert {name for name, _ in found} == set(registered())
    assert {(one.value, one.n, one.low, one.high) for one in found.values()} == {(None, 0, None, None)}
    assert await measure(scoring, "contacts", group_by=GroupBy.CHANNEL) == {}


async def test_an_unknown_measure_is_named(scoring: Scoring) -> None:
    with pytest.raises(UnknownMeasure) as caught:
        await measure(scoring, "contacts", "happiness")
    assert "happiness" in caught.value.fields["measures"]


async def test_the_queue_by_hand(scoring: Scoring) -> None:
    """Six offered: answered after 10, 20 and 30 s, one abandoned, one short call, one still waiting."""
    gave_up = {"answered": False, "answer_wait_s": None, "outcome": pb.OUTCOME_ABANDONED}
    await scoring.feeder.journeys(
        journey("a", [contact("1", NOW, answer_wait_s=10.0)]),
        journey("b", [contact("2", NOW, answer_wait_s=20.0, transfers=2)]),
        journey("c", [contact("3", NOW, answer_wait_s=30.0)]),
        journey("d", [contact("4", NOW, waiting_s=500.0, **gave_up)]),
        journey("e", [contact("5", NOW, waiting_s=2.0, short_call=True, **gave_up)]),
        journey(
            "f",
            [
                contact(
                    "6", NOW, waiting_s=60.0, ongoing=True, answered=False, answer_wait_s=None, outcome=None
                )
            ],
        ),
    )
    found = {name: one for (name, _), one in (await measure(scoring)).items()}
    assert (found["service_level"].value, found["service_level"].n) == (2 / 4, 4)
    assert (found["abandon_rate"].value, found["abandon_rate"].n) == (1 / 4, 4)
    assert (found["abandoned"].value, found["offered"].value, found["contacts"].value) == (1, 6, 6)
    assert (found["asa"].value, found["asa"].n, found["asa"].coverage) == (20, 3, 1)
    assert (found["transfer_rate"].value, found["transfer_rate"].n) == (1 / 3, 3)
    assert found["longest_wait"].value == 500
    strict = await value(scoring, "service_level", parameters=Parameters(service_level_s=10))
    assert (strict.value, strict.n) == (1 / 4, 4)


async def test_what_was_not_measured_lowers_the_coverage(scoring: Scoring) -> None:
    await scoring.feeder.journeys(
        journey("a", [contact("1", NOW), contact("2", NOW, answer_wait_s=None), contact("3", NOW, cost=None)])
    )
    asa, cost = await value(scoring, "asa"), await value(scoring, "cost_per_contact")
    assert (asa.value, asa.n, asa.coverage) == (10, 2, 2 / 3)
    assert (cost.value, cost.n, cost.coverage) == (7.5, 2, 2 / 3)


async def test_handlings_stand_in_their_own_department(scoring: Scoring) -> None:
    handled = contact(
        "1", NOW, handlings=[_handling("Aid", 100, 20, 30), _handling("Registrar", 50, None, None)]
    )
    going_on = contact("2", NOW, ongoing=True, handlings=[pb.Handling(department="Aid", talk_s=5)])
    await scoring.feeder.journeys(journey("a", [handled, going_on]))
    found = await measure(scoring, "aht", group_by=GroupBy.DEPARTMENT)
    assert {group: (one.value, one.n) for (_, group), one in found.items()} == {
        "Aid": (150, 1),
        "Registrar": (50, 1),
    }
    assert (await value(scoring, "aht")).value == 100


def _handling(department: str, *seconds: float | None) -> pb.Handling:
    parts: dict[str, Any] = dict(zip(("talk_s", "hold_s", "acw_s"), seconds, strict=True))
    made = pb.Handling(
        department=department, **{name: part for name, part in parts.items() if part is not None}
    )
    made.start.FromDatetime(NOW)
    made.end.FromDatetime(NOW + 5 * MINUTE)
    return made


async def test_first_contact_resolution_by_hand(scoring: Scoring) -> None:
    """Same customer: status on day −30 and −25 (a repeat after 5 days), another reason on day −24, status on day −10."""
    month = [
        contact("1", NOW - 30 * DAY),
        contact("2", NOW - 25 * DAY, channel="chat"),
        contact("3", NOW - 24 * DAY, coded_reasons=["document"]),
        contact("4", NOW - 10 * DAY),
        contact("5", NOW - 2 * DAY, coded_reasons=["fresh"]),  # its window is not over
        contact("6", NOW - 20 * DAY, coded_reasons=[]),  # nobody knows what for
        contact(
            "7", NOW - 29 * DAY, direction="outbound", touch=pb.TOUCH_BRAND_ACTIVE
        ),  # the brand's, no repeat
    ]
    hard = [contact("8", NOW - 20 * DAY), contact("9", NOW - 19 * DAY)]
    await scoring.feeder.journeys(journey("a", month), journey("b", hard, not_first_contact_resolvable=True))
    gross, net = await value(scoring, "fcr_gross"), await value(scoring, "fcr_net")
    assert (gross.value, gross.n) == (4 / 6, 6)  # 2, 3, 4 and 9 of 1, 2, 3, 4, 8, 9
    assert gross.coverage == 6 / 8
    assert (net.value, net.n) == (3 / 4, 4)
    assert (await value(scoring, "repeats_within_window")).value == 2
    short = await value(scoring, "fcr_gross", parameters=Parameters(fcr_days=4))
    assert (short.value, short.n) == (5 / 6, 6)
    # The further contact may be of another channel and later than what is selected.
    first_day = Selection(begin=NOW - 31 * DAY, end=NOW - 29 * DAY, channel="voice")
    assert (await value(scoring, "fcr_gross", selection=first_day)).value == 0


async def test_the_same_reason_counts_across_journeys_of_a_customer(scoring: Scoring) -> None:
    await scoring.feeder.journeys(
        journey("a", [contact("1", NOW - 20 * DAY)], customer_id="cus_same"),
        journey("b", [contact("2", NOW - 18 * DAY)], customer_id="cus_same"),
        journey("c", [contact("3", NOW - 18 * DAY)], customer_id="cus_other"),
    )
    assert (await value(scoring, "fcr_gross")).value == 2 / 3


async def test_surveys_by_hand(scoring: Scoring) -> None:
    call = contact("call-1", NOW, queue="appeals", channel="voice")
    said = survey(
        "s1",
        NOW + DAY,
        answer("nps", 10, NOW + DAY, about_id="call-1"),
        answer("nps", 3, NOW + DAY, about="journey"),
        answer("nps", 0, NOW + DAY, about="relationship"),
        answer("csat", 4, NOW + DAY, about_id="call-1"),
        answer("csat", 3, NOW + DAY, about_id="call-1"),
        answer("ces", 5, NOW + DAY, about_id="call-1"),
        answer("ces", 2, NOW + DAY, about_id="call-1"),
        answer("nps", 11, NOW + DAY),
    )
    await scoring.feeder.journeys(journey("a", [call, said]))
    found = {name: one for (name, _), one in (await measure(scoring)).items()}
    assert (found["nps"].value, found["nps"].n, found["nps"].coverage) == (100, 1, 1 / 2)
    assert (found["journey_nps"].value, found["journey_nps"].n) == (-100, 1)
    assert (found["csat"].value, found["ces_mean"].value, found["ces_share"].value) == (1 / 2, 3.5, 1 / 2)
    by_queue = await measure(scoring, "csat", group_by=GroupBy.QUEUE)
    assert by_queue[("csat", "appeals")].n == 2


async def test_promises_by_hand(scoring: Scoring) -> None:
    made = journey("a", [contact("1", NOW - 9 * DAY)])
    made.promises.extend(
        [
            promise("kept", NOW - 2 * DAY, kept=NOW - 3 * DAY),
            promise("late", NOW - 3 * DAY, kept=NOW - 1 * DAY),
            promise("overdue", NOW - 1 * MINUTE),
            promise("to come", NOW + 1 * MINUTE),
            promise("broken", NOW + DAY, broken=NOW),
        ]
    )
    await scoring.feeder.journeys(made)
    overdue, kept = await value(scoring, "overdue_promises"), await value(scoring, "promises_kept")
    assert (overdue.value, overdue.n) == (1, 5)
    assert (kept.value, kept.n) == (1 / 4, 4)
    scoring.clock.advance(2 * MINUTE)
    assert (await value(scoring, "overdue_promises")).value == 2
    as_known_then = await value(scoring, "overdue_promises", selection=Selection(end=NOW - 2 * DAY))
    assert as_known_then.value == 1, "the late one was overdue then"


async def test_the_journey_nps_is_weighted_for_who_answers(scoring: Scoring) -> None:
    """Easy journeys by web: all 12 answer 10. Hard ones by voice: 6 of 12 answer 0. Unweighted 33, weighted 0."""
    made = []
    for k in range(12):
        points = [contact(f"e{k}", NOW, channel="web", waiting_s=0.0)]
        made.append(journey(f"easy{k}", [*points, survey(f"es{k}", NOW, answer("nps", 10, NOW, "journey"))]))
    for k in range(12):
        points = [contact(f"h{k}", NOW, policy_blocks=["p"])]
        answers = [answer("nps", 0, NOW, "journey")] if k % 2 == 0 else []
        made.append(journey(f"hard{k}", [*points, survey(f"hs{k}", NOW, *answers)]))
    await scoring.feeder.journeys(*made)
    found = await value(scoring, "journey_nps")
    assert found.value == pytest.approx(0)
    assert (found.n, found.coverage) == (18, 0.75)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


async def test_test_data_is_left_out_unless_asked_for(scoring: Scoring) -> None:
    tested = journey("t", [contact("1", NOW, test=True)], test=True)
    tested.promises.append(promise("p", NOW - DAY))
    await scoring.feeder.journeys(tested, journey("r", [contact("2", NOW), contact("3", NOW, test=True)]))
    found = await measure(scoring, "contacts", "journeys", "overdue_promises")
    assert [one.value for one in found.values()] == [1, 1, None]
    asked = await measure(
        scoring, "contacts", "journeys", "overdue_promises", selection=Selection(include_test=True)
    )
    assert [one.value for one in asked.values()] == [3, 2, 1]


async def test_what_a_bounded_journey_omits_lowers_the_coverage(scoring: Scoring) -> None:
    made = journey("a", [contact("1", NOW)])
    made.opened_at.FromDatetime(NOW - 30 * DAY)
    made.omitted.touchpoints = 3
    made.omitted.cost = 30.0
    made.omitted.by_channel["voice"] = 1
    made.omitted.by_channel["web"] = 2
    await scoring.feeder.journeys(made)
    assert (await value(scoring, "contacts")).coverage == 1 / 4
    assert (await value(scoring, "contacts", selection=Selection(channel="voice"))).coverage == 1 / 2
    assert (await value(scoring, "contacts", selection=Selection(begin=NOW))).coverage is None
    assert (await value(scoring, "cost_per_journey")).value == 37.5


async def test_the_parts_sum_to_the_whole_and_equal_a_recount(scoring: Scoring) -> None:
    made = _company(random.Random(7), 120)
    await scoring.feeder.journeys(*made[:60])
    await scoring.feeder.journeys(*made[60:])
    selections = [
        Selection(),
        Selection(channel="voice"),
        Selection(goal="aid", queue="q1"),
        Selection(begin=NOW - 20 * DAY, end=NOW - 5 * DAY),
        Selection(reason="status", department="Aid", include_test=True),
    ]
    counts = [name for name, one in registered().items() if one.unit == "count"]
    for selection in selections:
        whole = await measure(scoring, *counts, selection=selection)
        expected = _recount([journey_from(one) for one in made], selection)
        for name, number in expected.items():
            assert (whole[(name, "")].value or 0) == number, (selection, name)
        for group_by in (one for one in GroupBy if one is not GroupBy.NOTHING):
            parts: Counter[str] = Counter()
            for (name, group), one in (
                await measure(scoring, *counts, selection=selection, group_by=group_by)
            ).items():
                assert group
                parts[name] += int(one.value or 0)
            for name in counts:
                assert parts[name] == (whole[(name, "")].value or 0), (selection, group_by, name)


async def test_what_has_nothing_to_group_by_has_a_group(scoring: Scoring) -> None:
    await scoring.feeder.journeys(journey("a", [contact("1", NOW, queue=""), contact("2", NOW)]))
    found = await measure(scoring, "contacts", "fcr_gross", group_by=GroupBy.QUEUE)
    assert {group for _, group in found} == {NO_GROUP, "aid"}
    assert found[("fcr_gross", "aid")].value is None


async def test_a_group_used_as_filter_selects_what_its_number_counts(scoring: Scoring) -> None:
    """A number opens what stands behind it: the group is the filter, "(none)" among them."""
    await scoring.feeder.journeys(*_company(random.Random(11), 60))
    names = ("contacts", "touches", "hops", "abandoned")
    for group_by in (one for one in GroupBy if one not in (GroupBy.NOTHING, GroupBy.GOAL)):
        grouped = await scoring.measures(EVERYTHING, names, group_by, DEFAULT)
        assert NO_GROUP in {one.group for one in grouped}
        for one in grouped:
            assert one.group_by is group_by
            place: dict[str, Any] = {group_by.value: one.group}
            behind = replace(EVERYTHING, **place)
            alone = await value(scoring, one.name, selection=behind)
            assert (alone.value or 0, alone.n) == (one.estimate.value or 0, one.estimate.n)
            if one.name == "contacts":
                listed = await scoring.journeys(behind, Having.CONTACT, 1, "")
                assert (listed.total > 0) is (one.estimate.n > 0)


def _company(chance: random.Random, journeys: int) -> list[pb.Journey]:
    made = []
    for k in range(journeys):
        start = NOW - chance.uniform(1, 40) * DAY
        points = []
        for p in range(chance.randint(1, 5)):
            start += chance.uniform(0, 4) * DAY
            abandoned = chance.random() < 0.2
            points.append(
                contact(
                    f"{k}-{p}",
                    start,
                    channel=chance.choice(["voice", "chat", "web", ""]),
                    queue=chance.choice(["q1", "q2", ""]),
                    department=chance.choice(["Aid", "Registrar", ""]),
                    coded_reasons=chance.choice([["status"], ["document"], []]),
                    touch=chance.choice(pb.Touch.values()),
                    kind=chance.choice([pb.TOUCHPOINT_KIND_CONTACT, pb.TOUCHPOINT_KIND_VISIT]),
                    answered=not abandoned,
                    outcome=pb.OUTCOME_ABANDONED if abandoned else pb.OUTCOME_RESOLVED,
                    hop=chance.random() < 0.2,
                    test=chance.random() < 0.1,
                )
            )
        one = journey(
            f"j{k:03}",
            points,
            customer_id=f"cus_{k % 40}",
            goal=chance.choice(["aid", "appeal", ""]),
            test=all(point.test for point in points),
        )
        for p in range(chance.randint(0, 2)):
            made_at = promise(f"{k}-{p}", NOW + chance.uniform(-30, 5) * DAY)
            made_at.touchpoint_id = f"{k}-0"
            one.promises.append(made_at)
        made.append(one)
    return made


def _recount(journeys: Sequence[Journey], selection: Selection) -> dict[str, int]:
    def selected(one: Journey, point: Any, at: Any) -> bool:
        return (
            (selection.include_test or not (one.test or point.test))
            and selection.goal in ("", one.goal)
            and all(
                getattr(selection, f) in ("", getattr(point, f))
                for f in ("channel", "queue", "department", "reason")
            )
            and (selection.begin is None or at >= selection.begin)
            and (selection.end is None or at < selection.end)
        )

    points = [(j, p) for j in journeys for p in j.touchpoints if selected(j, p, p.start)]
    contacts = [(j, p) for j, p in points if p.kind.value == "contact"]
    before = {
        p.touchpoint_id
        for j in journeys
        for p in j.touchpoints
        for k in journeys
        if k.customer_id == j.customer_id
        for q in k.touchpoints
        if q.inbound_contact
        and q.reason == p.reason
        and (q.start, q.touchpoint_id) < (p.start, p.touchpoint_id)
        and q.start is not None
        and p.start is not None
        and q.start >= p.start - 7 * DAY
        and (selection.include_test or not (k.test or q.test))
    }
    by = min(NOW, selection.end or NOW)
    promised = [
        pr for j in journeys for pr in j.promises for p in j.touchpoints
        if p.touchpoint_id == pr.touchpoint_id and selected(j, p, pr.due_at)
    ]  # fmt: skip
    return {
        "touches": len(points),
        "contacts": len(contacts),
        "touches_brand_active": sum(p.touch.value == "brand_active" for _, p in points),
        "hops": sum(p.hop for _, p in points),
        "abandoned": sum(p.outcome is Outcome.ABANDONED for _, p in contacts),
        "journeys": len({j.journey_id for j, _ in points if selection.include_test or not j.test}),
        "repeats_within_window": sum(
            p.inbound_contact and p.reason != "" and p.touchpoint_id in before for _, p in contacts
        ),
        "overdue_promises": sum(pr.due_at is not None and pr.due_at < by for pr in promised),
    }
