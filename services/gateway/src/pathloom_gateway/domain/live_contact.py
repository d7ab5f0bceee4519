"""A contact as it is this second, folded from the events that name it.

The fold is a function of the set of pieces: the order in which they come, and how often, makes no difference.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FOLDING = frozenset({"transfer_of", "consult_for", "reply_to", "reconnect_of", "handover_from"})

# The state that each event begins. An event that is not here changes no state.
_BEGINS: Mapping[str, str] = {
    "contact_offered": "offered",
    "email_received": "offered",
    "callback_requested": "offered",
    "ivr_menu_entered": "self_service",
    "ivr_choice_made": "self_service",
    "ivr_no_input": "self_service",
    "ivr_no_match": "self_service",
    "ivr_exited": "offered",
    "ivr_zeroed_out": "offered",
    "bot_intent_recognised": "self_service",
    "bot_fallback": "self_service",
    "bot_handed_over": "offered",
    "bot_contained": "ended",
    "contact_queued": "queued",
    "ticket_taken": "queued",
    "contact_alerting": "alerting",
    "ticket_called": "alerting",
    "contact_answered": "talking",
    "contact_resumed": "talking",
    "contact_conferenced": "talking",
    "ticket_served": "talking",
    "callback_connected": "talking",
    "contact_held": "on_hold",
    "contact_transferred": "offered",
    "contact_ended": "ended",
    "ticket_left": "ended",
}
WAITING = ("offered", "queued", "alerting")
_ASKED_FOR_A_HUMAN = frozenset(
    {"contact_offered", "contact_queued", "contact_alerting", "ticket_taken", "ticket_called"}
)
# At one and the same instant the later phase goes last (a queue and its alert often share a time stamp).
_RANK = {"offered": 1, "self_service": 0, "queued": 2, "alerting": 3, "talking": 4, "on_hold": 5, "ended": 6}


@dataclass(frozen=True, slots=True)
class Piece:
    """What an event says about a contact, as little as the fold needs. Instants in microseconds since 1970."""

    event_id: str
    key: str
    at: int
    received: int
    source_id: str = ""
    message_id: str = ""
    relation: str = ""
    related: str = ""
    leg_kind: str = ""
    channel: str = ""
    direction: str = ""
    queue: str = ""
    department: str = ""
    agent: str = ""
    reason: str = ""
    ended_by: str = ""
    abandoned: bool = False
    short: bool = False
    amends: str = ""
    retracts: str = ""
    test: bool = False


@dataclass(frozen=True, slots=True)
class LiveState:
    """The contact now. Instants in microseconds since 1970, 0 is "not (yet)"."""

    state: str = "offered"
    channel: str = ""
    direction: str = ""
    started: int = 0
    since: int = 0
    last: int = 0
    offered: int = 0
    ended: int = 0
    queue: str = ""
    department: str = ""
    agent: str = ""
    reason: str = ""
    answered: bool = False
    abandoned: bool = False
    short: bool = False
    wrapped_up: bool = False
    test: bool = False


def folds_into(pieces: Iterable[Piece]) -> str:
    """The contact id that these pieces of ONE contact id say it is folded into; empty: none."""
    said = [
        (piece.at, piece.event_id, piece.related)
        for piece in pieces
        if piece.related and piece.relation in FOLDING
    ]
    return min(said)[2] if said else ""


def standing(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces that count, in order: each event once, the withdrawn left out, a corrected one at its first place."""
    by_id = {piece.event_id: piece for piece in pieces}
    named = {(piece.source_id, piece.message_id): piece for piece in by_id.values() if piece.message_id}
    gone = {(piece.source_id, piece.retracts) for piece in by_id.values() if piece.retracts}
    amended = {
        (piece.source_id, piece.amends): piece for piece in sorted(by_id.values(), key=_said) if piece.amends
    }
    places: list[tuple[tuple[int, int, int, str], Piece]] = []
    for piece in by_id.values():
        me = (piece.source_id, piece.message_id)
        if piece.retracts or me in gone or me in amended:
            continue
        place = piece
        if piece.amends:
            if (
                amended[(piece.source_id, piece.amends)] is not piece
                or (piece.source_id, piece.amends) in gone
            ):
                continue
            seen = {me}
            # A correction of a correction stands where the first one stood.
            while place.amends and (earlier := named.get((place.source_id, place.amends))) is not None:
                if (earlier.source_id, earlier.message_id) in seen:
                    break
                seen.add((earlier.source_id, earlier.message_id))
                place = earlier
        places.append(
            ((place.at, _RANK.get(_BEGINS.get(piece.key, ""), 0), place.received, piece.event_id), piece)
        )
    return [piece for _, piece in sorted(places, key=lambda item: item[0])]


def fold(pieces: Iterable[Piece]) -> LiveState:
    """The contact from all pieces of its whole chain."""
    ordered = standing(pieces)
    if not ordered:
        return LiveState()
    values: dict[str, str] = dict.fromkeys(
        ("channel", "self_channel", "direction", "queue", "department", "reason"), ""
    )
    state, since, agent = "offered", ordered[0].at, ""
    offered = ended = 0
    answered = abandoned = short = wrapped = False
    for piece in ordered:
        consult = piece.leg_kind == "consult" or piece.relation == "consult_for"
        begins = "" if consult else _BEGINS.get(piece.key, "")
        if piece.channel and not consult:
            # The channel of the first leg that is neither IVR nor bot, else that leg's.
            slot = (
                "self_channel"
                if piece.leg_kind in ("ivr", "bot") or piece.channel in ("ivr", "bot")
                else "channel"
            )
            values[slot] = values[slot] or piece.channel
        values["direction"] = values["direction"] or piece.direction
        values["reason"] = piece.reason or values["reason"]
        if consult:
            continue
        values["queue"] = piece.queue or values["queue"]
        values["department"] = piece.department or values["department"]
        if piece.key in _ASKED_FOR_A_HUMAN:
            offered = offered or piece.at
        short = short or piece.short
        wrapped = wrapped or piece.key == "contact_wrapped_up"
        if not begins:
            continue
        if begins in ("talking", "alerting"):
            agent = piece.agent or agent
        elif begins in ("offered", "queued"):
            agent = ""
        if begins == "talking":
            answered = True
        if begins == "ended":
            left = bool(offered) and not answered and piece.ended_by in ("", "customer")
            abandoned = piece.abandoned or left or piece.key == "ticket_left"
            ended = piece.at
        else:
            ended, abandoned = 0, False
        if begins != state:
            state, since = begins, piece.at
    return LiveState(
        state=state,
        channel=values["channel"] or values["self_channel"],
        direction=values["direction"],
        started=ordered[0].at,
        since=since,
        last=max(piece.at for piece in ordered),
        offered=offered,
        ended=ended,
        queue=values["queue"],
        department=values["department"],
        agent=agent,
        reason=values["reason"],
        answered=answered,
        abandoned=abandoned,
        short=short,
        wrapped_up=wrapped,
        test=all(piece.test for piece in ordered),
    )


def _said(piece: Piece) -> tuple[int, int, str]:
    return piece.at, piece.received, piece.event_id
