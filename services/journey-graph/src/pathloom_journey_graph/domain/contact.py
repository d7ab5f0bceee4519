"""A contact: all pieces of all its ids folded into one touchpoint."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pathloom_journey_graph.domain import names
from pathloom_journey_graph.domain.legs import AUTOMATIC, BESIDE, HUMAN, WAITING, first_text, fold_legs
from pathloom_journey_graph.domain.said import answers_of, newest_note, steps_of
from pathloom_journey_graph.domain.values import (
    SECOND,
    Handling,
    Kind,
    Leg,
    Outcome,
    Piece,
    Touchpoint,
    id_of,
    namespace_of,
)

_TITLES = {
    "voice": "call",
    "email": "e-mail",
    "in_store": "desk",
    "mail": "letter",
    "ivr": "call",
    "sms": "text message",
}


def fold_contact(item_id: str, root: str, pieces: Sequence[Piece]) -> Touchpoint | None:
    """`pieces` corrected and in order. None where nothing but machines' answers is there."""
    if not any(p.key not in names.NO_CONTACT_ALONE for p in pieces):
        return None
    over = _over(pieces)
    legs = fold_legs(pieces, over)
    if over is not None and any(
        leg.end is None or leg.start > over for leg in legs if leg.kind not in BESIDE
    ):
        over = None
    live = [p for p in pieces if p.key not in names.AFTERWARDS] or list(pieces)
    asked = [p.at for p in pieces if p.key == "contact_offered"]
    human = [leg for leg in legs if leg.kind in HUMAN]
    offered = bool(asked or human or any(leg.kind in WAITING for leg in legs))
    abandoned = _abandoned(pieces, over, offered, bool(human), legs)
    contained = over is not None and not offered and bool(legs) and all(leg.kind in AUTOMATIC for leg in legs)
    channel = _channel(pieces, legs, offered)
    first_leg = next((leg for leg in legs if leg.kind in HUMAN), None) or next(
        (leg for leg in legs if leg.queue), None
    )
    direction = first_text(pieces, "direction")
    active = next((flag for p in pieces if (flag := p.flag("active")) is not None), None)
    first = live[0]
    codes = tuple(
        dict.fromkeys(code for p in pieces if p.key == "contact_wrapped_up" for code in p.texts("codes"))
    )
    return Touchpoint(
        id=item_id,
        kind=Kind.CONTACT,
        namespace=namespace_of(root),
        channel=channel,
        direction=direction,
        touch=names.touch_of("contact" if first.key in names.MARKS else first.key, direction, active),
        device=first_text(pieces, "device"),
        title=_TITLES.get(channel, channel or "contact"),
        start=pieces[0].at,
        end=over,
        ongoing=over is None,
        outcome=_outcome(pieces, over is not None, abandoned, contained),
        legs=tuple(legs),
        handlings=tuple(handlings_of(legs)),
        stated_reasons=_stated(pieces),
        coded_reasons=_coded(pieces, codes),
        waiting_s=_contact_total(pieces, "wait_s", _waited(legs, asked)),
        talking_s=_contact_total(pieces, "talk_s", _sum(leg.talk_s for leg in human)),
        hold_s=_contact_total(pieces, "hold_s", _sum(leg.hold_s for leg in human)),
        acw_s=_contact_total(pieces, "acw_s", _sum(leg.acw_s for leg in human)),
        self_service_s=_sum(
            (leg.end - leg.start) / SECOND for leg in legs if leg.kind in AUTOMATIC and leg.end is not None
        ),
        answer_wait_s=_answer_wait(pieces, legs, asked),
        offered=offered,
        answered=bool(human),
        short_call=any(p.flag("short_call") for p in pieces),
        transfers=max(sum(p.key == "contact_transferred" for p in pieces), _passed_on(legs)),
        repeats=sum(p.key == "information_repeated" for p in pieces),
        policy_blocks=tuple(
            p.text("policy") for p in pieces if p.key == "policy_blocked" and p.text("policy")
        ),
        steps=steps_of(pieces),
        answers=answers_of(pieces),
        note=newest_note(pieces),
        codes=codes,
        contact_id=id_of(root),
        contact_namespace=namespace_of(root),
        department=first_leg.department if first_leg else first_text(pieces, "department"),
        queue=next((leg.queue for leg in legs if leg.queue), ""),
        verified=any(p.key == "verification_passed" for p in pieces),
        turns=sum(p.key in names.TURNS for p in pieces),
        events=len(pieces),
        folded_contact_ids=tuple(sorted({id_of(p.contact) for p in pieces if p.contact != root})),
        test=all(p.test for p in pieces),
    )


def handlings_of(legs: Iterable[Leg]) -> list[Handling]:
    """One for each unbroken stretch of one agent (of one department where no agent is named). A consult is none."""
    found: list[Handling] = []
    stretches: list[list[Leg]] = []
    for leg in legs:
        if leg.kind != "agent":
            continue
        before = stretches[-1][-1] if stretches else None
        if before and before.agent_id and before.agent_id == leg.agent_id and before.end == leg.start:
            stretches[-1].append(leg)
        else:
            stretches.append([leg])
    for stretch in stretches:
        last = stretch[-1]
        end, acw = last.end, _sum(leg.acw_s for leg in stretch)
        if end is not None:
            end = max(
                end, last.wrapped_at or 0, end + int((acw or 0) * SECOND) if last.wrapped_at is None else 0
            )
        codes = tuple(dict.fromkeys(code for leg in stretch for code in leg.codes))
        found.append(
            Handling(
                last.agent_id, stretch[0].department, stretch[0].start, end, _sum(leg.talk_s for leg in stretch),
                _sum(leg.hold_s for leg in stretch), acw, codes,
            )
        )  # fmt: skip
    return found


def _over(pieces: Sequence[Piece]) -> int | None:
    """When the contact ended: the end of the id that it went on under last. A consult's end is none."""
    consults = {p.contact for p in pieces if p.text("relation") == "consult_for"}
    spoken = [
        p
        for p in pieces
        if p.key not in names.AFTERWARDS and p.text("leg_kind") not in BESIDE and p.contact not in consults
    ]
    ends = [p for p in spoken if p.key in ("contact_ended", "ticket_left", "letter_dealt_with")]
    if not ends:
        return _self_served(spoken)
    begun: dict[str, int] = {}
    for piece in spoken:
        begun.setdefault(piece.contact, piece.at)
    went_on = max(begun, key=lambda key: (begun[key], key))
    own = [p.at for p in ends if p.contact == went_on]
    if not own and max(p.at for p in ends) < max(p.at for p in spoken):
        return None
    return max(own or [p.at for p in ends])


def _self_served(spoken: Sequence[Piece]) -> int | None:
    """Dealt with by IVR or bot, and the platform says no other end."""
    last = spoken[-1] if spoken else None
    if last is None:
        return None
    hung_up = last.key == "ivr_exited" and (
        last.flag("contained") or last.text("to") in ("hang_up", "self_service")
    )
    return last.at if hung_up or last.key == "bot_contained" else None


def _abandoned(
    pieces: Sequence[Piece], over: int | None, offered: bool, answered: bool, legs: Sequence[Leg]
) -> bool:
    if any(p.key == "ticket_left" for p in pieces):
        return not answered
    said = [flag for p in pieces if p.key == "contact_ended" and (flag := p.flag("abandoned")) is not None]
    if said:
        return any(said)
    if over is None or not offered or answered or any(leg.kind == "voicemail" for leg in legs):
        return False
    by = next(
        (text for p in reversed(pieces) if p.key == "contact_ended" and (text := p.text("ended_by"))), ""
    )
    return by in ("", "customer") and any(leg.kind in WAITING for leg in legs)


def _outcome(pieces: Sequence[Piece], over: bool, abandoned: bool, contained: bool) -> Outcome:
    if not over:
        return Outcome.UNKNOWN
    if abandoned:
        return Outcome.ABANDONED
    if contained:
        return Outcome.CONTAINED
    for keys in (("contact_ended", "letter_dealt_with"), ("contact_wrapped_up", "bot_contained")):
        said = [flag for p in pieces if p.key in keys and (flag := p.flag("resolved")) is not None]
        if said:
            return Outcome.RESOLVED if said[-1] else Outcome.UNRESOLVED
    return Outcome.ENDED


def _channel(pieces: Sequence[Piece], legs: Sequence[Leg], offered: bool) -> str:
    """That of the first leg that is neither ivr nor bot; where nobody was asked for, that leg's."""
    human = next((leg.channel for leg in legs if leg.kind not in AUTOMATIC and leg.channel), "")
    if human:
        return human
    if offered:
        asked = next((p.text("channel") or p.channel for p in pieces if p.key == "contact_offered"), "")
        if asked and asked not in AUTOMATIC:
            return asked
    if legs and legs[0].channel:
        return legs[0].channel
    return next((p.text("channel") for p in pieces if p.text("channel")), pieces[0].channel)


def _stated(pieces: Sequence[Piece]) -> tuple[str, ...]:
    found = [
        text
        for p in pieces
        for name in ("stated_reason", "intent")
        if name in p.props and (text := p.text(name))
    ]
    return tuple(dict.fromkeys(found))


def _coded(pieces: Sequence[Piece], codes: tuple[str, ...]) -> tuple[str, ...]:
    """Codes as wrapped up, unless somebody has corrected them since: the latest correction holds."""
    corrections = [p for p in pieces if "coded_reasons" in p.props and p.texts("coded_reasons")]
    if corrections:
        return tuple(
            dict.fromkeys(
                max(corrections, key=lambda p: (p.received, p.at, p.event_id)).texts("coded_reasons")
            )
        )
    return codes


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _contact_total(pieces: Sequence[Piece], name: str, derived: float | None) -> float | None:
    """The source's own total over the contact, where it sends one with the contact's end."""
    said = [
        v
        for p in pieces
        if p.key == "contact_ended" and not p.text("leg_id") and (v := p.number(name)) is not None
    ]
    return sum(said) if said else derived


def _waited(legs: Sequence[Leg], asked: Sequence[int]) -> float | None:
    """Seconds from being offered to being queued, in queues and of ringing, none of them counted twice."""
    waits = [leg for leg in legs if leg.kind in WAITING]
    spans = [(leg.start, leg.end) for leg in waits if leg.end is not None]
    for at in asked:
        nexts = [leg.start for leg in legs if leg.kind not in AUTOMATIC | BESIDE and leg.start >= at]
        if nexts:
            spans.append((at, min(nexts)))
    measured = [
        leg.wait_s - (leg.end - leg.start) / SECOND
        for leg in waits
        if leg.wait_s is not None and leg.end is not None
    ]
    if not spans:
        return _sum(leg.wait_s for leg in waits)
    total, reached = 0, 0
    for begin, end in sorted(spans):
        total += max(0, end - max(begin, reached))
        reached = max(reached, end)
    return max(0.0, total / SECOND + sum(measured))


def _answer_wait(pieces: Sequence[Piece], legs: Sequence[Leg], asked: Sequence[int]) -> float | None:
    """Seconds from leaving IVR or bot until the first human answered."""
    first = next((leg for leg in legs if leg.kind in HUMAN), None)
    if first is None:
        return None
    began = [at for at in asked if at <= first.start]
    if not began:
        began = [leg.start for leg in legs if leg.kind in WAITING and leg.start <= first.start]
        left = [
            leg.end
            for leg in legs
            if leg.kind in AUTOMATIC and leg.end is not None and leg.end <= first.start
        ]
        began = [max(left)] if left else began
    if began:
        return (first.start - min(began)) / SECOND
    return _contact_total(pieces, "wait_s", None)


def _passed_on(legs: Sequence[Leg]) -> int:
    """How often the contact left an agent for a queue or for another agent, as its legs tell."""
    line = [leg for leg in legs if leg.kind in ("agent", "queue")]
    count, holder = 0, ""
    for before, after in pairwise(line):
        if before.kind != "agent":
            continue
        holder = before.agent_id or before.department
        count += after.kind == "queue" or (after.agent_id or after.department) != holder
    return count
