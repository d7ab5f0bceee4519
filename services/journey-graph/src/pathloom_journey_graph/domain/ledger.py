"""Promises and cases of a journey: what all their pieces together say, in whatever order they came."""

from collections.abc import Iterable, Sequence

from pathloom_journey_graph.domain.values import Case, CasePiece, Item, Promise, PromisePiece


def promises_in(items: Iterable[Item]) -> tuple[Promise, ...]:
    """By when they were made, then id."""
    said: dict[str, list[tuple[PromisePiece, Item]]] = {}
    for item in items:
        for piece in item.promises:
            said.setdefault(piece.promise_id, []).append((piece, item))
    found = [_promise(key, sorted(words, key=lambda w: (w[0].at, w[0].order))) for key, words in said.items()]
    return tuple(sorted(found, key=lambda p: (p.made_at or 0, p.promise_id)))


def _promise(promise_id: str, words: Sequence[tuple[PromisePiece, Item]]) -> Promise:
    pieces = [piece for piece, _ in words]
    made = next((p.at for p in pieces if p.what_happened == "made"), None)
    where = next((i.touchpoint.id for p, i in words if p.what_happened == "made" and i.touchpoint), "")
    terms = [p for p in pieces if p.what_happened in ("made", "amended")] or pieces
    return Promise(
        promise_id,
        what=next((p.what for p in reversed(terms) if p.what), ""),
        due_at=next((p.due_at for p in reversed(terms) if p.due_at is not None), None),
        by=next((p.by for p in reversed(terms) if p.by), ""),
        made_at=made,
        kept_at=next((p.at for p in pieces if p.what_happened == "kept"), None),
        broken_at=next((p.at for p in pieces if p.what_happened == "broken"), None),
        touchpoint_id=where,
    )


def cases_in(items: Iterable[Item]) -> tuple[Case, ...]:
    """By when they were opened, then id."""
    said: dict[str, list[CasePiece]] = {}
    for item in items:
        for piece in item.cases:
            said.setdefault(piece.case_id, []).append(piece)
    found = [_case(key, sorted(pieces, key=lambda p: (p.at, p.order))) for key, pieces in said.items()]
    return tuple(sorted(found, key=lambda c: (c.opened_at or 0, c.case_id)))


def _case(case_id: str, pieces: Sequence[CasePiece]) -> Case:
    closed = None
    for piece in pieces:
        if piece.what_happened == "closed":
            closed = piece.at
        elif piece.what_happened == "reopened":
            closed = None
    return Case(
        case_id,
        title=next((p.title for p in pieces if p.title), ""),
        opened_at=next((p.at for p in pieces if p.what_happened == "opened"), None),
        due_at=next((p.due_at for p in reversed(pieces) if p.due_at is not None), None),
        closed_at=closed,
        owner=next((p.owner for p in reversed(pieces) if p.owner), ""),
        escalated=any(p.what_happened == "escalated" for p in pieces),
    )
