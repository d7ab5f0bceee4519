"""What pieces say beside their shape: steps, answers, notes, promises, cases, and the signals a blueprint reads."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from pathloom_journey_graph.domain.values import (
    SECOND,
    Answer,
    CasePiece,
    Piece,
    PromisePiece,
    Signal,
    Step,
    contact_key,
    namespace_of,
)

_LONGEST_TIE = 1024


def steps_of(pieces: Iterable[Piece]) -> tuple[Step, ...]:
    """Steps of self-service: a try and how it came out are one step."""
    steps: list[Step] = []
    for piece in pieces:
        if not piece.key.startswith("self_service_step_"):
            continue
        step, how = piece.text("step"), piece.key.rsplit("_", 1)[1]
        if (
            how != "tried"
            and steps
            and steps[-1].step == step
            and not steps[-1].failed
            and not steps[-1].done
        ):
            steps[-1] = Step(step, steps[-1].at, how == "failed", how == "done", piece.text("why"))
        else:
            steps.append(Step(step, piece.at, how == "failed", how == "done", piece.text("why")))
    return tuple(steps)


def answers_of(pieces: Iterable[Piece]) -> tuple[Answer, ...]:
    """Answers by question: the last one given to a question counts. Without a number there is no answer to count."""
    found: dict[tuple[str, str], Answer] = {}
    for piece in pieces:
        value = piece.props.get("value")
        if piece.key != "survey_answered" or isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        scale, question = piece.text("scale"), piece.text("question")
        low, high = _bounds(scale, piece)
        found[scale, question] = Answer(
            scale, float(value), low, high, question, piece.text("verbatim"), piece.text("about"), piece.text("about_id"),
            piece.at,
        )  # fmt: skip
    return tuple(found.values())


def _bounds(scale: str, piece: Piece) -> tuple[float, float]:
    """The scale's own bounds, else those that its name is known for."""
    low, high = {"nps": (0.0, 10.0), "csat": (1.0, 5.0), "ces": (1.0, 7.0)}.get(scale, (0.0, 0.0))
    said_low, said_high = piece.number("scale_min"), piece.number("scale_max")
    return (low if said_low is None else said_low, high if said_high is None else said_high)


def newest_note(pieces: Sequence[Piece]) -> str:
    """The note written last; empty where there is none."""
    return next((text for p in reversed(pieces) if "note" in p.props and (text := p.text("note"))), "")


def instant_of(text: str) -> int | None:
    """An RFC 3339 text as microseconds since 1970; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round(moment.timestamp() * SECOND) if moment.tzinfo else None


def promises_of(pieces: Iterable[Piece]) -> tuple[PromisePiece, ...]:
    """Each word about a promise."""
    return tuple(
        PromisePiece(
            p.text("promise_id"), p.key.removeprefix("promise_"), p.at, p.event_id, p.text("what"),
            instant_of(p.text("due_at")), p.text("by") or p.text("agent_id"),
        )
        for p in pieces
        if p.key in ("promise_made", "promise_amended", "promise_kept", "promise_broken") and p.text("promise_id")
    )  # fmt: skip


def cases_of(pieces: Iterable[Piece]) -> tuple[CasePiece, ...]:
    """Each word about a case."""
    return tuple(
        CasePiece(
            p.text("case_id"), p.key.removeprefix("case_"), p.at, p.event_id, p.text("title"), p.text("owner"),
            instant_of(p.text("due_at")),
        )
        for p in pieces
        if p.key.startswith("case_") and p.text("case_id")
    )  # fmt: skip


def ties_of(pieces: Iterable[Piece]) -> frozenset[str]:
    """What these pieces say they belong to. A contact is tied to its own key (`own_ties`), so that others find it."""
    found: set[str] = set()
    for piece in pieces:
        if piece.key.startswith("promise_") and piece.text("promise_id"):
            found.add(f"promise|{piece.text('promise_id')}")
        if piece.key.startswith("case_") and piece.text("case_id"):
            found.add(f"case|{namespace_of(piece.record)}|{piece.text('case_id')}")
        if piece.key.startswith("callback_") and piece.text("callback_id"):
            found.add(f"callback|{namespace_of(piece.record)}|{piece.text('callback_id')}")
        if piece.text("relation") == "callback_of" and piece.text("related_contact_id"):
            found.add(
                contact_key(namespace_of(piece.contact or piece.record), piece.text("related_contact_id"))
            )
        if piece.text("about") == "contact" and piece.text("about_id"):
            space = piece.text("about_namespace") or namespace_of(piece.record)
            found.add(contact_key(space, piece.text("about_id")))
    return frozenset(_bounded(tie) for tie in found)


def _bounded(tie: str) -> str:
    """No index holds keys of any length: a source that sends a novel as an id gets its digest."""
    if len(tie) <= _LONGEST_TIE:
        return tie
    return f"digest|{hashlib.blake2b(tie.encode(), digest_size=20).hexdigest()}"


def signals_of(pieces: Iterable[Piece], watched: frozenset[str], coded: Sequence[str]) -> tuple[Signal, ...]:
    """From what a goal, stage or completion can be told. `coded` are the coded reasons that hold; `watched` names the
    properties that some blueprint's rules read."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for piece in pieces:
        goal = piece.text("goal")
        for kind, value in _said(piece, watched):
            count, at = found.get((kind, value, goal), (0, piece.at))
            found[kind, value, goal] = (count + 1, max(at, piece.at))
        for code in piece.texts("codes") + piece.texts("coded_reasons"):
            if code in coded:
                found["code", code, ""] = (1, piece.at)
    return tuple(
        Signal(kind, value, at, count, goal) for (kind, value, goal), (count, at) in sorted(found.items())
    )


def _said(piece: Piece, watched: frozenset[str]) -> Iterable[tuple[str, str]]:
    yield "event", piece.key
    if goal := piece.text("goal"):
        yield "goal", goal
    if stated := piece.text("stated_reason"):
        yield "stated", stated
    if piece.key == "bot_intent_recognised" and piece.text("intent"):
        yield "intent", piece.text("intent")
    if piece.key in ("page_viewed", "screen_viewed"):
        for name in ("category", "path"):
            if piece.text(name):
                yield "page", piece.text(name)
        if name := piece.text("name") or (piece.name if piece.type in ("page", "screen") else ""):
            yield "page", name
    if piece.key.startswith("self_service_step_") and piece.text("step"):
        yield "step", piece.text("step")
        yield f"step_{piece.key.rsplit('_', 1)[1]}", piece.text("step")
    for name in watched & piece.props.keys():
        if value := piece.text(name):
            yield f"property:{name}", value
