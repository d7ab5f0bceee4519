"""Whether every acknowledged event is in the view exactly once: a pure function of the journal and of what was read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.laws.journal import Journal, Key
from tests.laws.people import CALL_LEGS, NOWHERE, RECORDS, Event, Place, call_ids
from tests.laws.read_back import Found, Shown, Totals


@dataclass(frozen=True, slots=True)
class _Expected:
    """A touchpoint that must be there, folded from this many pieces."""

    kind: str
    contacts: tuple[str, ...]
    pieces: int
    views: int
    legs: tuple[str, ...]


def differences(journal: Journal, found: Found, before: Totals, after: Totals) -> list[str]:
    """What is wrong, in words; empty when nothing is. `found` holds the journal's people and a trace of each event."""
    wrong = [f"refused though it is good: {key} ({reason})" for key, reason in journal.refused]
    wrong += _odd_answers(journal)
    wrong += [f"unknown to the platform though acknowledged: {key}" for key in _missing(journal, found)]
    wrong += [
        f"{key} is {traced.state}, not visible: {traced.why}"
        for key, traced in found.traced.items()
        if traced.state != "visible"
    ]
    accepted = journal.acknowledged | set(found.traced)
    by_person: dict[int, list[Event]] = {}
    for key in sorted(accepted):
        by_person.setdefault(journal.events[key].person, []).append(journal.events[key])
    view, graph = _by_customer(found.view), _by_customer(found.graph)
    expected: Counter[str] = Counter()
    for person, events in by_person.items():
        pieces = Counter(event.place for event in events if event.place != NOWHERE)
        must = Counter(map(_expected, pieces, pieces.values()))
        expected.update(each.kind for each in must.elements())
        wrong += [f"person {person}: {words}" for words in _person(person, found, must, view, graph)]
    wrong += _twice(found)
    wrong += _misplaced(journal, found)
    wrong += _totals(len(accepted), expected, before, after)
    return wrong


def _odd_answers(journal: Journal) -> list[str]:
    # What an SDK repeats. After any other answer it drops the batch: for good events that is a loss.
    fine = {"200", "429", "503"}
    return [
        f"the door answered {status} {times} times"
        for status, times in journal.answers.items()
        if status.isdigit() and status not in fine
    ]


def _missing(journal: Journal, found: Found) -> list[Key]:
    return sorted(journal.acknowledged - set(found.traced))


def _expected(place: Place, pieces: int) -> _Expected:
    kind, name = place
    if kind == "visit":
        return _Expected("visit", (), pieces, pieces, ())
    if kind == "order":
        return _Expected("event", (), pieces, 0, ())
    if kind == "survey":
        return _Expected("survey", (), pieces, 0, ())
    if name.startswith("chat"):
        return _Expected("contact", (name,), pieces, 0, ())
    person = int(name.split("-")[1])
    return _Expected("contact", tuple(sorted(call_ids(person))), pieces, 0, CALL_LEGS)


def _person(
    person: int,
    found: Found,
    must: Counter[_Expected],
    view: Mapping[str, list[Shown]],
    graph: Mapping[str, list[Shown]],
) -> list[str]:
    led = found.customers.get(person, [])
    owners = {customer for ids in led for customer in ids}
    if len(owners) != 1 or any(len(ids) != 1 for ids in led):
        return [f"their identifiers lead to {led}, not to one customer"]
    (owner,) = owners
    wrong = []
    if found.records.get(person) != RECORDS:
        wrong.append(f"they consist of {found.records.get(person)} records, not {RECORDS}")
    for where, shown in (("the view", view.get(owner, [])), ("journey-graph", graph.get(owner, []))):
        there = Counter(
            _Expected(each.kind, each.contacts, each.pieces, each.views, each.legs) for each in shown
        )
        wrong += [f"{where} lacks {each} ({times}×)" for each, times in (must - there).items()]
        wrong += [f"{where} has {each} ({times}×) too much" for each, times in (there - must).items()]
    return wrong


def _by_customer(shown: Iterable[Shown]) -> dict[str, list[Shown]]:
    by_customer: dict[str, list[Shown]] = {}
    for each in shown:
        by_customer.setdefault(each.customer, []).append(each)
    return by_customer


def _twice(found: Found) -> list[str]:
    wrong = []
    for where, shown in (("the view", found.view), ("journey-graph", found.graph)):
        times = Counter(each.touchpoint for each in shown)
        wrong += [f"{where} shows touchpoint {each} {n} times" for each, n in times.items() if n > 1]
    owners: dict[str, set[str]] = {}
    for each in found.view:
        owners.setdefault(each.journey, set()).add(each.customer)
    wrong += [f"journey {journey} is shown under {ids}" for journey, ids in owners.items() if len(ids) > 1]
    return wrong


def _misplaced(journal: Journal, found: Found) -> list[str]:
    """Each traced piece is in a touchpoint that is shown, and pieces share one exactly where they belong together."""
    places = {each.touchpoint for each in found.view}
    threads: dict[str, set[tuple[int, Place]]] = {}
    wrong = []
    for key, traced in found.traced.items():
        event = journal.events[key]
        if event.place == NOWHERE:
            continue
        if traced.touchpoint not in places:
            wrong.append(f"{key} is said to be in touchpoint {traced.touchpoint!r}, which no view shows")
        threads.setdefault(traced.touchpoint, set()).add((event.person, event.place))
    wrong += [f"touchpoint {each} mixes {what}" for each, what in threads.items() if len(what) > 1]
    return wrong


def _totals(accepted: int, expected: Counter[str], before: Totals, after: Totals) -> list[str]:
    counted = {
        "entries of the event log": (accepted, after.logged - before.logged),
        "touchpoints measured": (expected.total(), after.touches - before.touches),
        "contacts measured": (expected["contact"], after.contacts - before.contacts),
        "entries parked": (0, after.parked - before.parked),
        "events quarantined": (0, after.quarantined - before.quarantined),
    }
    return [f"{has} {what}, not {must}" for what, (must, has) in counted.items() if must != has]
