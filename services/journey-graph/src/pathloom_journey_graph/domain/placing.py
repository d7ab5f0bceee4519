"""Which item a piece belongs to: decided from the piece alone, so that any order and any batching place it alike."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pathloom_journey_graph.domain import names
from pathloom_journey_graph.domain.values import MINUTE, Piece

VISIT_GAP = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class Place:
    """Kind of item (contact, visit, survey, message, event, mark or correction), record that holds it, and thread.

    A contact is held by its own record; a visit's thread is decided by its neighbours (`visits`).
    """

    kind: str
    record: str
    thread: str = ""


def place(piece: Piece) -> Place | None:
    """Where the piece belongs; None when it makes no touchpoint by its nature."""
    key = piece.key
    if piece.type in names.NO_TOUCHPOINT_TYPES or key in names.NO_TOUCHPOINT:
        return None
    if piece.contact:
        return Place("contact", piece.contact)
    if piece.text("amends") or piece.text("retracts"):
        return Place("correction", piece.record)
    if piece.type in ("page", "screen") or key in names.DIGITAL:
        return Place("visit", piece.record)
    if key in names.SURVEYS and piece.text("survey_id"):
        return Place("survey", piece.record, piece.text("survey_id"))
    if key in names.LETTERS and piece.text("letter_id"):
        return Place("message", piece.record, piece.text("letter_id"))
    if key in names.MARKS:
        return Place("mark", piece.record, _mark_thread(piece))
    kind = "survey" if key in names.SURVEYS else "message" if key in names.MESSAGES else "event"
    return Place(kind, piece.record, f"event|{piece.event_id}")


def _mark_thread(piece: Piece) -> str:
    for prefix, name in (("promise", "promise_id"), ("case", "case_id")):
        if piece.key.startswith(prefix) and piece.text(name):
            return f"{prefix}|{piece.text(name)}"
    return f"event|{piece.event_id}"


def item_id(secret: bytes, kind: str, record: str, thread: str) -> str:
    """The item's id: derived from content, keyed, so that it tells nothing about whoever is behind it."""
    said = "\x1f".join((kind, record, thread)).encode()
    return f"{kind[0]}_{hashlib.blake2b(said, digest_size=15, key=secret).hexdigest()}"


def in_order(pieces: Iterable[Piece]) -> list[Piece]:
    """By when they happened; the id decides between equals, never the order of arrival."""
    return sorted(pieces, key=lambda p: (p.at, p.event_id))


def visits(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Digital pieces of ONE record, split wherever neighbours lie more than 30 minutes apart."""
    found: list[list[Piece]] = []
    for piece in in_order(pieces):
        if found and piece.at - found[-1][-1].at <= VISIT_GAP:
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def visit_thread(pieces: Sequence[Piece]) -> str:
    """A visit is named by its first event."""
    return f"visit|{in_order(pieces)[0].event_id}"


def corrected(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces as they stand once amendments and withdrawals among them have been followed, in order.

    The later recorded word about an event wins; what an amendment does not name stays. A correction whose event is not
    here waits without effect, and is itself no piece of anything.
    """
    events: dict[tuple[str, str], Piece] = {}
    words: list[Piece] = []
    for piece in pieces:
        if piece.text("amends") or piece.text("retracts"):
            words.append(piece)
        else:
            events[piece.source_id, piece.message_id] = piece
    withdrawn = {(word.source_id, word.text("retracts")) for word in words if word.text("retracts")}
    for word in sorted(words, key=lambda p: (p.received, p.at, p.event_id)):
        if (word.source_id, word.message_id) in withdrawn:
            continue
        if retracted := word.text("retracts"):
            events.pop((word.source_id, retracted), None)
            continue
        key = (word.source_id, word.text("amends"))
        if known := events.get(key):
            events[key] = _amended(known, word)
    return in_order(events.values())


def _amended(piece: Piece, word: Piece) -> Piece:
    props = {**piece.props, **{k: v for k, v in word.props.items() if k != "amends"}}
    return Piece(
        piece.event_id, piece.source_id, piece.message_id, piece.type, piece.name, piece.key, piece.record,
        piece.contact, piece.at, piece.received, props, str(props.get("channel") or piece.channel), piece.test,
        piece.epoch,
    )  # fmt: skip


def correction_tie(record: str) -> str:
    """How the items that a record holds, contacts aside, find its corrections."""
    return f"correction|{record}"
