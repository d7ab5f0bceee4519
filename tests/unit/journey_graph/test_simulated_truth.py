"""Cut within each customer, the journeys are those of the simulator's truth (pairs of touchpoints, F1), whatever the
seed; and contacts say what the truth says of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from pathloom_journey_graph.domain.cut import cut
from pathloom_journey_graph.domain.names import event_key
from pathloom_journey_graph.domain.values import FOLDING, SECOND, Item, Kind, Piece, contact_key, namespace_of
from pathloom_simulator import Config, college, simulate

from .journey_pieces import BLUEPRINTS, items_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def micros(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * SECOND)


def simulated(seed: int, touchpoints: int) -> tuple[list[Piece], dict[str, str], list[dict[str, Any]]]:
    """Pieces as identity's log would hold them, the roots of contacts, the truth."""
    company, truth = college(), list[dict[str, Any]]()
    sources = {s.source_id: s for s in company.sources}
    pieces, roots, seen = [], dict[str, str](), set[tuple[str, str]]()
    for n, sent in enumerate(
        simulate(Config(company=company, now=NOW, seed=seed, touchpoints=touchpoints), truth.append)
    ):
        m, source = sent.message, sources[sent.source_id]
        if (sent.source_id, m["messageId"]) in seen:
            continue
        seen.add((sent.source_id, m["messageId"]))
        props = m.get("properties") or {}
        space, said = source.namespace, props.get("contact_id")
        contact = contact_key(space, said) if said else ""
        if props.get("relation") in FOLDING:
            roots[contact] = contact_key(space, props["related_contact_id"])
        user, device = m.get("userId"), m.get("anonymousId")
        record = f"{space}|user|{user}" if user else f"{space}|anonymous|{device}" if device else contact
        name = m.get("event") or m.get("name") or ""
        key = "page_viewed" if m["type"] == "page" else event_key(name)
        at = micros(m["timestamp"])
        channel = props.get("channel") or source.default_channel
        pieces.append(
            Piece(
                f"e{n}",
                sent.source_id,
                m["messageId"],
                m["type"],
                name,
                key,
                record,
                contact,
                at,
                at,
                props,
                channel,
            )
        )
    return pieces, roots, truth


def key_of(item: Item) -> tuple[object, ...] | None:
    """How the truth names a touchpoint."""
    t = item.touchpoint
    if t is None:
        return None
    return ("contact", item.record) if t.kind is Kind.CONTACT else ("visit", item.record, t.start)


def true_touchpoints(truth: Iterable[Mapping[str, Any]]) -> dict[tuple[object, ...], Mapping[str, Any]]:
    found: dict[tuple[object, ...], Mapping[str, Any]] = {}
    for line in truth:
        if line["is"] == "touchpoint" and line["type"] == "contact":
            found["contact", contact_key(line["namespace"], line["contact_id"])] = line
        elif line["is"] == "touchpoint":
            kind, name = line["record"]
            found["visit", f"{line['namespace']}|{kind}|{name}", micros(line["start"])] = line
    return found


@pytest.mark.parametrize(("seed", "touchpoints"), [(1, 1200), (77, 500), (4242, 500)])
def test_journeys_and_contacts_are_those_of_the_truth(seed: int, touchpoints: int) -> None:
    pieces, roots, truth = simulated(seed, touchpoints)
    closed = {c: _root(c, roots) for c in {p.contact for p in pieces if p.contact}}
    items = items_of(pieces, closed)
    true = true_touchpoints(truth)
    owner = {
        f"{r['namespace']}|{r['kind']}|{r['id']}": t["person"]
        for t in truth
        if t["is"] == "person"
        for r in t["records"]
    }
    by_person: dict[str, list[Item]] = defaultdict(list)
    said: dict[str, Mapping[str, Any]] = {}
    for item in items:
        key = key_of(item)
        if key in true:
            said[item.id] = true[key]
            by_person[true[key]["person"]].append(item)
        elif item.record in owner:
            by_person[owner[item.record]].append(item)
    assert len(said) == len(true), "every true touchpoint is folded"
    _contacts_agree(items, said)
    ours: dict[str, list[str]] = defaultdict(list)
    theirs: dict[str, list[str]] = defaultdict(list)
    for mine in by_person.values():
        for journey in cut(mine, BLUEPRINTS, micros(NOW.isoformat())):
            for t in journey.touchpoints:
                if t.id in said:
                    ours[journey.id].append(t.id)
                    theirs[said[t.id]["journey"]].append(t.id)
    f1 = _f1(_pairs(ours), _pairs(theirs))
    print(f"seed {seed}: F1 {f1:.3f} over pairs of {len(said)} touchpoints")
    assert f1 >= 0.90


def _root(contact: str, roots: Mapping[str, str]) -> str:
    while contact in roots:
        contact = roots[contact]
    return contact


def _contacts_agree(items: Iterable[Item], said: Mapping[str, Mapping[str, Any]]) -> None:
    for item in items:
        t = item.touchpoint
        if t is None or t.kind is not Kind.CONTACT or item.id not in said:
            continue
        line = said[item.id]
        assert t.channel == line["channel"]
        assert [leg.kind for leg in t.legs] == [leg["kind"] for leg in line["legs"]]
        assert [leg.wait_s for leg in t.legs] == [pytest.approx(leg["wait_s"]) for leg in line["legs"]]
        assert namespace_of(item.record) == line["namespace"]


def _pairs(groups: Mapping[str, list[str]]) -> set[tuple[str, str]]:
    return {pair for members in groups.values() for pair in combinations(sorted(members), 2)}


def _f1(ours: set[tuple[str, str]], theirs: set[tuple[str, str]]) -> float:
    both = len(ours & theirs)
    return 2 * both / (len(ours) + len(theirs))
