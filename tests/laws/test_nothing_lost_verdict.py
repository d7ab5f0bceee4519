"""The verdict itself: it passes what is whole, and each fault planted in what was read makes it speak."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.laws.journal import Journal
from tests.laws.people import CALL_LEGS, NOWHERE, Event, Place, call_ids, events_of, identifiers
from tests.laws.read_back import Found, Shown, Totals, Traced
from tests.laws.verdict import differences

PEOPLE = (0, 1)
BEFORE = Totals(logged=100, touches=40, contacts=9, journeys=5, parked=0, quarantined=0)


@pytest.fixture
def journal() -> Journal:
    """Everything sent and acknowledged, but one page view: sent, never answered, and not there."""
    journal = Journal()
    events = [event for person in PEOPLE for event in events_of(person)]
    journal.sending(events)
    journal.taken(event for event in events if not is_unanswered(event))
    return journal


@pytest.fixture
def read(journal: Journal) -> Found:
    """A platform that keeps the law."""
    read = Found(traced={key: traced(journal.events[key]) for key in journal.acknowledged})
    for person in PEOPLE:
        read.customers[person] = [(f"c{person}",)] * len(identifiers(person))
        read.records[person] = 3
        read.view += touchpoints(person)
    read.graph = [replace(each, journey="") for each in read.view]
    return read


@pytest.fixture
def after(journal: Journal) -> Totals:
    return replace(BEFORE, logged=100 + len(journal.acknowledged), touches=40 + 12, contacts=9 + 4)


def is_unanswered(event: Event) -> bool:
    return event.message_id == "0-page-4"


def traced(event: Event) -> Traced:
    touchpoint = "" if event.place == NOWHERE else f"{event.person}{event.place}"
    return Traced("visible", touchpoint, f"c{event.person}", "")


def touchpoints(person: int) -> list[Shown]:
    pages = 5 if person else 4
    first, second = call_ids(person)
    chat = f"chat-{person}"

    def one(
        place: Place, kind: str, pieces: int, contacts: tuple[str, ...] = (), legs: tuple[str, ...] = ()
    ) -> Shown:
        views = pieces if kind == "visit" else 0
        return Shown(f"c{person}", f"j{person}", f"{person}{place}", kind, contacts, pieces, views, legs)

    return [
        one(("visit", ""), "visit", pages),
        one(("contact", first), "contact", 12, (first, second), CALL_LEGS),
        one(("contact", chat), "contact", 4, (chat,)),
        one(("order", f"order-{person}-0"), "event", 1),
        one(("order", f"order-{person}-1"), "event", 1),
        one(("survey", f"survey-{person}"), "survey", 2),
    ]


def test_a_platform_that_keeps_the_law_passes(journal: Journal, read: Found, after: Totals) -> None:
    assert differences(journal, read, BEFORE, after) == []


def test_what_was_never_answered_may_be_there_once(journal: Journal, read: Found, after: Totals) -> None:
    (event,) = (journal.events[key] for key in journal.unanswered)
    read.traced[event.key] = traced(event)
    for shown in (read.view, read.graph):
        shown[0] = replace(shown[0], pieces=5, views=5)
    assert differences(journal, read, BEFORE, replace(after, logged=after.logged + 1)) == []
    # Twice it may not.
    for shown in (read.view, read.graph):
        shown[0] = replace(shown[0], pieces=6, views=6)
    assert differences(journal, read, BEFORE, replace(after, logged=after.logged + 1))


def lose_an_acknowledged_event(journal: Journal, read: Found) -> None:
    del read.traced[sorted(journal.acknowledged)[0]]


def note_one_that_was_never_sent(journal: Journal, read: Found) -> None:
    (never,) = (event for event in events_of(7) if event.message_id == "7-page-0")
    journal.events[never.key] = never
    journal.taken([never])


def leave_one_waiting(journal: Journal, read: Found) -> None:
    key = sorted(read.traced)[0]
    read.traced[key] = replace(read.traced[key], state="waiting")


def lose_a_piece_of_the_view(journal: Journal, read: Found) -> None:
    read.view[1] = replace(read.view[1], pieces=read.view[1].pieces - 1)


def double_a_piece_of_the_graph(journal: Journal, read: Found) -> None:
    read.graph[1] = replace(read.graph[1], pieces=read.graph[1].pieces + 1)


def lose_a_leg(journal: Journal, read: Found) -> None:
    read.view[1] = replace(read.view[1], legs=read.view[1].legs[1:])


def split_a_contact(journal: Journal, read: Found) -> None:
    read.view.append(replace(read.view[2], touchpoint="another"))


def show_a_touchpoint_in_two_journeys(journal: Journal, read: Found) -> None:
    read.view.append(replace(read.view[3], journey="another"))


def show_a_journey_under_two_customers(journal: Journal, read: Found) -> None:
    read.view[-1] = replace(read.view[-1], journey="j0")


def lose_a_touchpoint(journal: Journal, read: Found) -> None:
    read.view.pop()


def leave_a_record_unmerged(journal: Journal, read: Found) -> None:
    read.customers[0][1] = ("somebody else",)


def lead_nowhere(journal: Journal, read: Found) -> None:
    read.customers[0][0] = ()


def lose_a_record(journal: Journal, read: Found) -> None:
    read.records[0] = 2


def refuse_a_good_event(journal: Journal, read: Found) -> None:
    journal.refused.append((sorted(journal.acknowledged)[0], "MALFORMED"))


def answer_what_no_client_repeats(journal: Journal, read: Found) -> None:
    journal.answers["500"] += 1


@pytest.mark.parametrize(
    "plant",
    [
        lose_an_acknowledged_event,
        note_one_that_was_never_sent,
        leave_one_waiting,
        lose_a_piece_of_the_view,
        double_a_piece_of_the_graph,
        lose_a_leg,
        split_a_contact,
        show_a_touchpoint_in_two_journeys,
        show_a_journey_under_two_customers,
        lose_a_touchpoint,
        leave_a_record_unmerged,
        lead_nowhere,
        lose_a_record,
        refuse_a_good_event,
        answer_what_no_client_repeats,
    ],
)
def test_a_planted_fault_is_named(
    plant: Callable[[Journal, Found], None], journal: Journal, read: Found, after: Totals
) -> None:
    plant(journal, read)
    assert differences(journal, read, BEFORE, after)


@pytest.mark.parametrize("count", ["logged", "touches", "contacts", "parked", "quarantined"])
def test_each_count_of_the_services_is_compared(
    count: str, journal: Journal, read: Found, after: Totals
) -> None:
    wrong = replace(after, **{count: getattr(after, count) + 1})
    assert len(differences(journal, read, BEFORE, wrong)) == 1
