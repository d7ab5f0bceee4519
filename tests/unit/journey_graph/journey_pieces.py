"""Pieces for the tests of fold and cut, and strategies that make them."""

import random
from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st
from pathloom_journey_graph.adapters.blueprint_files import load_blueprints
from pathloom_journey_graph.domain.blueprint import Blueprints
from pathloom_journey_graph.domain.fold import fold_item
from pathloom_journey_graph.domain.names import event_key
from pathloom_journey_graph.domain.placing import item_id, place, visit_thread, visits
from pathloom_journey_graph.domain.values import DAY, HOUR, SECOND, Item, Piece, contact_key

T0 = 1_772_000_000 * SECOND
SECRET = b"test"
T = TypeVar("T")
CONTACT = contact_key("telephony", "c-1")
BLUEPRINTS: Blueprints = load_blueprints()
CODES = ("AID-STATUS", "DOC-UPLOAD", "APP-FILE", "GEN-OTHER")
STATED = ("aid_status", "submit_document", "appeal", "")


def piece(
    number: int,
    name: str,
    at_s: float,
    *,
    contact: str = CONTACT,
    record: str = "",
    kind: str = "track",
    **props: Any,
) -> Piece:
    """One event, `at_s` seconds after T0."""
    at = T0 + round(at_s * SECOND)
    key = {"page": "page_viewed"}.get(kind) or event_key(name)
    return Piece(
        f"ev{number:05}", "src", f"m{number}", kind, name, key, record or contact, contact, at, at, props,
        str(props.get("channel") or "voice"),
    )  # fmt: skip


def items_of(
    pieces: Sequence[Piece], roots: dict[str, str] | None = None, watched: frozenset[str] = frozenset()
) -> list[Item]:
    """What all the pieces fold into, at once: the plain definition that the service must equal."""
    buckets: dict[tuple[str, str, str], list[Piece]] = {}
    corrections: dict[str, list[Piece]] = {}
    once = {p.event_id: p for p in pieces}
    for p in once.values():
        where = place(p)
        if where is None:
            continue
        if where.kind == "correction":
            corrections.setdefault(where.record, []).append(p)
            continue
        record = (roots or {}).get(where.record, where.record)
        buckets.setdefault((where.kind, record, where.thread), []).append(p)
    found = []
    for (kind, record, thread), mine in buckets.items():
        parts = visits(mine) if kind == "visit" else [mine]
        for part in parts:
            name = visit_thread(part) if kind == "visit" else thread
            more = [] if kind == "contact" else corrections.get(record, [])
            found.append(
                fold_item(
                    item_id(SECRET, kind, record, name), kind, record, part, corrections=more, watched=watched
                )
            )
    return sorted((i for i in found if i is not None), key=lambda i: (i.start, i.id))


def a_call(
    first: int, contact: str, at_s: float, stated: str, code: str, *, answered: bool = True
) -> list[Piece]:
    """IVR, queue, ringing, agent, wrap-up; or given up in the queue."""
    common: dict[str, Any] = {"contact": contact}
    found = [
        piece(first, "IVR Menu Entered", at_s, **common, leg_id="i1", leg_kind="ivr", channel="ivr"),
        piece(first + 1, "IVR Choice Made", at_s + 5, **common, leg_id="i1", leg_kind="ivr", channel="ivr",
              **({"stated_reason": stated} if stated else {})),
        piece(first + 2, "Contact Offered", at_s + 20, **common, channel="voice"),
        piece(first + 3, "Contact Queued", at_s + 22, **common, leg_id="q1", leg_kind="queue", queue="aid", channel="voice"),
    ]  # fmt: skip
    if not answered:
        return [
            *found,
            piece(first + 4, "Contact Ended", at_s + 300, **common, channel="voice", ended_by="customer"),
        ]
    agent: dict[str, Any] = {"leg_id": "g1", "leg_kind": "agent", "agent_id": "a1", "channel": "voice"}
    return [
        *found,
        piece(
            first + 4, "Contact Alerting", at_s + 60, **common, leg_id="a1", leg_kind="alert", channel="voice"
        ),
        piece(first + 5, "Contact Answered", at_s + 70, **common, **agent, department="Financial Aid"),
        piece(first + 6, "Contact Ended", at_s + 400, **common, channel="voice"),
        piece(first + 7, "Contact Wrapped Up", at_s + 430, **common, **agent, codes=[code], resolved=False),
    ]


@st.composite
def a_life(draw: st.DrawFn) -> list[Piece]:
    """Some months of one customer: calls, visits, promises kept late, surveys, goals reached."""
    found: list[Piece] = []
    at_s, number = 0.0, 0
    for k in range(draw(st.integers(1, 7))):
        at_s += draw(st.sampled_from([0.2, 3, 20, 60, 24 * 9, 24 * 15, 24 * 30, 24 * 70])) * HOUR / SECOND
        kind = draw(st.sampled_from(["call", "visit", "goal", "promise", "survey", "event"]))
        number += 20
        contact = contact_key("telephony", f"c-{k}")
        if kind == "call":
            stated, code = draw(st.sampled_from(STATED)), draw(st.sampled_from(CODES))
            found += a_call(number, contact, at_s, stated, code, answered=draw(st.booleans()))
        elif kind == "visit":
            for v in range(draw(st.integers(1, 4))):
                step = draw(st.sampled_from([60, 1700, 1900, 4000]))
                category = draw(st.sampled_from(["home", "aid_status", "aid_appeal"]))
                found.append(piece(number + v, "Page", at_s + v * step, contact="", record="portal|user|u", kind="page", category=category, channel="web"))  # fmt: skip
        elif kind == "goal":
            goal = draw(st.sampled_from(["where_is_my_aid", "appeal"]))
            found.append(piece(number, "Goal Reached", at_s, contact="", record="sis|user|s", goal=goal))
        elif kind == "promise":
            found += a_call(number, contact, at_s, "appeal", "APP-FILE")
            found.append(piece(number + 10, "Promise Made", at_s + 300, contact=contact, promise_id=f"pr-{k}", due_at="2026-03-09T17:00:00Z"))  # fmt: skip
            later = draw(st.sampled_from([2, 40])) * DAY / SECOND
            found.append(piece(number + 11, "Promise Kept", at_s + later, contact="", record="crm|user|k", promise_id=f"pr-{k}"))  # fmt: skip
        elif kind == "survey":
            about = contact_key("telephony", f"c-{draw(st.integers(0, k))}").split("|")[2]
            found.append(piece(number, "Survey Answered", at_s, contact="", record="survey|user|v", survey_id=f"s-{k}", about="contact", about_id=about, about_namespace="telephony", scale="csat", value=4))  # fmt: skip
        else:
            found.append(piece(number, "Odd Thing Seen", at_s, contact="", record="sis|user|s"))
    return found


def shuffled(pieces: Sequence[T], seed: int) -> list[T]:
    """In another order, some of them twice."""
    chance = random.Random(seed)
    found = [*pieces, *(p for p in pieces if chance.random() < 0.3)]
    chance.shuffle(found)
    return found
