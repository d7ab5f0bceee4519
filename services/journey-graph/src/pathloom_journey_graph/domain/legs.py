"""The legs of a contact: which pieces make a leg, when it begins and ends, and what was measured in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pathloom_journey_graph.domain.names import default_touch
from pathloom_journey_graph.domain.values import SECOND, Leg, Piece, Touch, id_of

# The kind of leg that an event begins where it does not say so itself.
BEGINS = {
    "ivr_menu_entered": "ivr", "bot_intent_recognised": "bot", "bot_fallback": "bot", "contact_queued": "queue",
    "contact_alerting": "alert", "contact_answered": "agent", "contact_conferenced": "conference",
    "ticket_taken": "queue", "ticket_called": "alert", "ticket_served": "agent", "voicemail_left": "voicemail",
}  # fmt: skip
# Each of these begins another leg even where the one before was of the same kind.
ANEW = frozenset(
    {
        "contact_queued",
        "contact_alerting",
        "contact_answered",
        "ticket_taken",
        "ticket_called",
        "ticket_served",
    }
)
INSIDE = {
    "ivr_choice_made": "ivr", "ivr_no_input": "ivr", "ivr_no_match": "ivr", "ivr_zeroed_out": "ivr", "ivr_exited": "ivr",
    "bot_handed_over": "bot", "bot_contained": "bot", "contact_held": "agent", "contact_resumed": "agent",
    "contact_transferred": "agent", "contact_wrapped_up": "agent",
}  # fmt: skip
ENDS = frozenset(
    {"ivr_exited", "bot_handed_over", "bot_contained", "contact_leg_ended", "contact_transferred"}
)
# Beside the others, they end no other leg by beginning.
BESIDE = frozenset({"consult", "conference"})
HUMAN = frozenset({"agent", "conference", "external"})
WAITING = frozenset({"queue", "alert"})
AUTOMATIC = frozenset({"ivr", "bot"})
_RANK = {
    kind: i
    for i, kind in enumerate(
        ("ivr", "bot", "queue", "alert", "agent", "consult", "conference", "voicemail", "external")
    )
}
_OWN_CHANNEL = {"ivr": "ivr", "bot": "bot"}


@dataclass(slots=True)
class _Draft:
    """The pieces of one leg."""

    contact: str
    leg_id: str
    kind: str
    pieces: list[Piece] = field(default_factory=list)

    @property
    def begun(self) -> int:
        first = [p for p in self.pieces if p.key != "contact_wrapped_up"] or self.pieces
        return min(p.at for p in first)

    def order(self) -> tuple[int, int, str, str]:
        return (self.begun, _RANK.get(self.kind, len(_RANK)), self.contact, self.leg_id)


def fold_legs(pieces: Sequence[Piece], contact_end: int | None) -> list[Leg]:
    """The legs of one contact (all its folded ids) by their begin. `pieces` in order of time.

    A leg begins with the first piece that names it and ends with its own end, else when the next leg begins that is
    neither consult nor conference, else with the contact. Where a source gives no leg ids, each queueing, ringing and
    answering begins a leg; pieces of a contact that only name departments make one leg for each stretch of one.
    """
    drafts = _drafts(pieces)
    drafts.sort(key=_Draft.order)
    legs = []
    for i, draft in enumerate(drafts):
        following = next((d.begun for d in drafts[i + 1 :] if d.kind not in BESIDE), None)
        legs.append(_leg(draft, following, contact_end))
    answered = [leg.start for leg in legs if leg.kind in HUMAN]
    return [_unanswered(leg, answered) for leg in legs]


def _drafts(pieces: Sequence[Piece]) -> list[_Draft]:
    named: dict[tuple[str, str], _Draft] = {}
    drafts: list[_Draft] = []
    open_now: dict[tuple[str, str], _Draft] = {}
    by_department: _Draft | None = None
    for piece in pieces:
        kind = piece.text("leg_kind") or BEGINS.get(piece.key, "")
        leg_id = piece.text("leg_id")
        if leg_id:
            draft = named.get((piece.contact, leg_id))
            if draft is None:
                draft = named[piece.contact, leg_id] = _Draft(piece.contact, leg_id, kind)
                drafts.append(draft)
            draft.kind = draft.kind or kind or INSIDE.get(piece.key, "")
            draft.pieces.append(piece)
            by_department = None
            continue
        kind = kind or INSIDE.get(piece.key, "")
        if kind and piece.key not in ("contact_ended", "contact_leg_ended"):
            current = open_now.get((piece.contact, kind))
            if piece.key in ANEW or (current is None and piece.key in BEGINS):
                current = open_now[piece.contact, kind] = _Draft(piece.contact, "", kind)
                drafts.append(current)
            if current is None:
                current = _latest(drafts, piece, kind)
            if current is not None:
                current.pieces.append(piece)
            by_department = None
        elif _is_departmental(piece):
            if by_department is None or not _same_department(by_department, piece):
                by_department = _Draft(piece.contact, "", "agent")
                drafts.append(by_department)
            by_department.pieces.append(piece)
    return [_kinded(draft) for draft in drafts]


def _kinded(draft: _Draft) -> _Draft:
    draft.kind = draft.kind or "agent"
    return draft


def _is_departmental(piece: Piece) -> bool:
    """A history that says who had the contact when, and nothing of legs."""
    plain = piece.key not in ENDS and not piece.key.startswith(
        ("contact_", "callback_", "email_", "message_")
    )
    return plain and bool(piece.text("department")) and default_touch(piece.key) is not Touch.NONE


def _same_department(draft: _Draft, piece: Piece) -> bool:
    before = draft.pieces[-1]
    return all(before.text(name) == piece.text(name) for name in ("department", "level", "agent_id"))


def _latest(drafts: Sequence[_Draft], piece: Piece, kind: str) -> _Draft | None:
    """The leg that a piece without a leg id means: the latest of its kind, of the same agent where one is named."""
    agent = piece.text("agent_id")
    for draft in reversed(drafts):
        if draft.kind == kind and (not agent or any(p.text("agent_id") == agent for p in draft.pieces)):
            return draft
    return None


def first_text(pieces: Sequence[Piece], name: str) -> str:
    """The first that says it. A loop, since folding a contact asks some forty times and most pieces say little."""
    for piece in pieces:
        if name in piece.props and (text := piece.text(name)):
            return text
    return ""


def _total(pieces: Sequence[Piece], name: str) -> float | None:
    """What the source measured itself; the later word wins."""
    for piece in reversed(pieces):
        if name in piece.props and (value := piece.number(name)) is not None:
            return value
    return None


def _leg(draft: _Draft, following: int | None, contact_end: int | None) -> Leg:
    pieces, start = draft.pieces, draft.begun
    own = max((p.at for p in pieces if p.key in ENDS), default=None)
    if own is None and draft.kind == "voicemail":
        own = next(
            (start + int(s * SECOND) for p in pieces if (s := p.number("duration_s")) is not None), None
        )
    if own is None and draft.kind in BESIDE:
        own = max((p.at for p in pieces if p.key == "contact_ended"), default=None)
    end = own if own is not None else following if following is not None else contact_end
    if end is not None:
        end = max(end, start)
    wrapped = max((p.at for p in pieces if p.key == "contact_wrapped_up"), default=None)
    hold = _total(pieces, "hold_s")
    if hold is None:
        hold = _held(pieces, end)
    length = None if end is None else (end - start) / SECOND
    wait, talk, acw = _total(pieces, "wait_s"), _total(pieces, "talk_s"), _total(pieces, "acw_s")
    if draft.kind in WAITING and wait is None:
        wait = length
    if draft.kind in HUMAN | {"consult"}:
        if talk is None and length is not None:
            talk = max(0.0, length - (hold or 0.0))
        if acw is None and wrapped is not None and end is not None:
            acw = max(0.0, (wrapped - end) / SECOND)
    codes = tuple(
        dict.fromkeys(code for p in pieces if p.key == "contact_wrapped_up" for code in p.texts("codes"))
    )
    channel = (
        first_text(pieces, "channel")
        or _OWN_CHANNEL.get(draft.kind)
        or next((p.channel for p in pieces if p.channel), "")
    )
    return Leg(
        draft.kind, draft.leg_id, id_of(draft.contact), first_text(pieces, "queue"), first_text(pieces, "department"), channel,
        first_text(pieces, "agent_id"), first_text(pieces, "party"), first_text(pieces, "level"), start, end, wait, talk, hold, acw,
        codes, wrapped_at=wrapped,
    )  # fmt: skip


def _held(pieces: Sequence[Piece], end: int | None) -> float | None:
    """Seconds between each hold and its end (or the leg's); None where no hold was ever said."""
    total, since, seen = 0, None, False
    for piece in pieces:
        if piece.key == "contact_held":
            since, seen = since if since is not None else piece.at, True
        elif piece.key == "contact_resumed" and since is not None:
            total, since = total + piece.at - since, None
    if since is not None:
        if end is None:
            return None
        total += max(0, end - since)
    return total / SECOND if seen else None


def _unanswered(leg: Leg, answered: Sequence[int]) -> Leg:
    """Waiting that is over and led to nobody: the next human leg, if any, came after more waiting."""
    if leg.kind not in WAITING or leg.end is None:
        return leg
    if leg.kind == "alert":
        return replace(leg, unanswered=leg.end not in answered)
    return replace(leg, unanswered=not any(at >= leg.end for at in answered))
