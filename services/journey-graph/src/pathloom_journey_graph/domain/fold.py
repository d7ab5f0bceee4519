"""Pieces fold into items: touchpoints, and marks that are context. Any order of the pieces gives the same item."""

from collections.abc import Iterable, Sequence

from pathloom_journey_graph.domain import names
from pathloom_journey_graph.domain.contact import fold_contact
from pathloom_journey_graph.domain.placing import corrected
from pathloom_journey_graph.domain.said import (
    answers_of,
    cases_of,
    newest_note,
    promises_of,
    signals_of,
    steps_of,
    ties_of,
)
from pathloom_journey_graph.domain.values import (
    SECOND,
    Item,
    Kind,
    Outcome,
    Piece,
    Step,
    Touch,
    Touchpoint,
    namespace_of,
)

_KINDS = {"survey": Kind.SURVEY, "message": Kind.MESSAGE, "event": Kind.EVENT}


def fold_item(
    item_id: str,
    kind: str,
    record: str,
    pieces: Iterable[Piece],
    *,
    corrections: Sequence[Piece] = (),
    watched: frozenset[str] = frozenset(),
) -> Item | None:
    """One item from all its pieces. `record` is the contact's root for a contact, else the record that holds it;
    `corrections` are the record's amendments and withdrawals. None when nothing is left to show."""
    standing = corrected([*pieces, *corrections])
    if not standing:
        return None
    touchpoint: Touchpoint | None
    if kind == "contact":
        touchpoint = fold_contact(item_id, record, standing)
        if touchpoint is None:
            return None
    elif kind == "mark":
        touchpoint = None
    elif kind == "visit":
        touchpoint = _visit(item_id, record, standing)
    else:
        touchpoint = _single(item_id, _KINDS[kind], record, standing)
    counted = [p for p in standing if p.key not in names.AFTERWARDS] or standing
    last = max(p.at for p in counted)
    if touchpoint is not None and touchpoint.end is not None:
        last = max(touchpoint.end, touchpoint.start)
    coded = touchpoint.coded_reasons if touchpoint else ()
    ties = ties_of(standing)
    if kind == "contact":
        ties |= {record, *(p.contact for p in standing)}
    return Item(
        id=item_id,
        record=record,
        namespace=namespace_of(record),
        start=standing[0].at,
        last=last,
        touchpoint=touchpoint,
        signals=signals_of(standing, watched, coded),
        promises=promises_of(standing),
        cases=cases_of(standing),
        ties=ties,
        test=all(p.test for p in standing),
    )


def _visit(item_id: str, record: str, pieces: Sequence[Piece]) -> Touchpoint:
    views = [p for p in pieces if p.key in ("page_viewed", "screen_viewed")]
    steps = steps_of(pieces)
    return Touchpoint(
        id=item_id,
        kind=Kind.VISIT,
        namespace=namespace_of(record),
        channel=_channel(pieces, "mobile_app" if views and views[0].key == "screen_viewed" else "web"),
        direction=_first(pieces, "direction"),
        touch=_touch(pieces) or Touch.CUSTOMER_ACTIVE,
        device=_first(pieces, "device"),
        title=_page_title(views[0]) if views else pieces[0].name,
        start=pieces[0].at,
        end=pieces[-1].at,
        ongoing=False,
        outcome=_visit_outcome(steps),
        stated_reasons=_texts(pieces, "stated_reason"),
        coded_reasons=tuple(dict.fromkeys(code for p in pieces for code in p.texts("coded_reasons"))),
        self_service_s=(pieces[-1].at - pieces[0].at) / SECOND,
        repeats=sum(p.key == "information_repeated" for p in pieces),
        policy_blocks=tuple(
            p.text("policy") for p in pieces if p.key == "policy_blocked" and p.text("policy")
        ),
        steps=steps,
        views=len(views),
        events=len(pieces),
        test=all(p.test for p in pieces),
    )


def _visit_outcome(steps: Sequence[Step]) -> Outcome:
    """Failed when a step failed and was not done after that; resolved when the last step worked."""
    left: dict[str, bool] = {}
    for step in steps:
        if step.failed or step.done:
            left[step.step] = step.done
    if not left:
        return Outcome.ENDED
    return Outcome.RESOLVED if all(left.values()) else Outcome.FAILED


def _single(item_id: str, kind: Kind, record: str, pieces: Sequence[Piece]) -> Touchpoint:
    answers = answers_of(pieces)
    keys = {p.key for p in pieces}
    end = pieces[-1].at
    own = {Kind.SURVEY: "survey", Kind.MESSAGE: "mail" if keys & names.LETTERS else "email"}.get(kind, "")
    resolved = [flag for p in pieces if (flag := p.flag("resolved")) is not None]
    return Touchpoint(
        id=item_id,
        kind=kind,
        namespace=namespace_of(record),
        channel=_channel(pieces, own),
        direction=_first(pieces, "direction"),
        touch=_touch(pieces),
        device=_first(pieces, "device"),
        title=_first(pieces, "survey") or pieces[0].name
        if kind is Kind.SURVEY
        else pieces[0].name or pieces[0].key,
        start=pieces[0].at,
        end=end,
        ongoing=False,
        outcome=(Outcome.RESOLVED if resolved[-1] else Outcome.UNRESOLVED) if resolved else Outcome.ENDED,
        stated_reasons=_texts(pieces, "stated_reason"),
        coded_reasons=tuple(dict.fromkeys(code for p in pieces for code in p.texts("coded_reasons"))),
        answers=answers,
        note=newest_note(pieces),
        department=_first(pieces, "department"),
        queue=_first(pieces, "queue"),
        turns=sum(p.key in names.TURNS for p in pieces),
        events=len(pieces),
        test=all(p.test for p in pieces),
        survey_unanswered=kind is Kind.SURVEY and "survey_answered" not in keys,
    )


def _first(pieces: Sequence[Piece], name: str) -> str:
    return next((text for p in pieces if (text := p.text(name))), "")


def _texts(pieces: Sequence[Piece], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for p in pieces if (text := p.text(name))))


def _channel(pieces: Sequence[Piece], default: str) -> str:
    return _first(pieces, "channel") or next((p.channel for p in pieces if p.channel), default)


def _touch(pieces: Sequence[Piece]) -> Touch:
    """The most active piece decides: an invitation that was answered is the customer's touch."""
    found = [names.touch_of(p.key, p.text("direction"), p.flag("active")) for p in pieces]
    for touch in (Touch.CUSTOMER_ACTIVE, Touch.BRAND_ACTIVE, Touch.CUSTOMER_PASSIVE, Touch.BRAND_PASSIVE):
        if touch in found:
            return touch
    return Touch.NONE


def _page_title(piece: Piece) -> str:
    return (
        piece.name
        if piece.type in ("page", "screen") and piece.name
        else piece.text("title") or piece.text("category") or "page"
    )
