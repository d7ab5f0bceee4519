"""A customer's view as an agent would want to read it, on a terminal."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from pathloom.gateway.v1 import view_pb2
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_OUTCOMES = {
    journeys_pb2.OUTCOME_RESOLVED: "[green]resolved[/green]",
    journeys_pb2.OUTCOME_UNRESOLVED: "[yellow]not resolved[/yellow]",
    journeys_pb2.OUTCOME_ABANDONED: "[red]given up waiting[/red]",
    journeys_pb2.OUTCOME_CONTAINED: "self-service",
    journeys_pb2.OUTCOME_FAILED: "[red]failed[/red]",
    journeys_pb2.OUTCOME_ENDED: "over",
}
_BASES = {
    scores_pb2.BASIS_ANSWERED: "from their own answers",
    scores_pb2.BASIS_ESTIMATED: "estimated",
    scores_pb2.BASIS_UNKNOWN: "unknown: too little happened",
}


def look_up(found: view_pb2.LookUpResponse) -> RenderableType:
    """The answer to a look-up: the live contact, and the one customer or the candidates."""
    parts: list[RenderableType] = []
    if found.HasField("contact"):
        parts.append(_live(found.contact))
    match found.outcome:
        case view_pb2.LOOK_UP_OUTCOME_ONE:
            parts.append(_view(found.view))
        case view_pb2.LOOK_UP_OUTCOME_SEVERAL:
            parts.append(_candidates(found))
        case _:
            parts.append(Text("Nobody known."))
    age = (
        f"as of {_time(found.age.as_of.ToDatetime(tzinfo=UTC))}"
        if found.age.HasField("as_of")
        else "age not known"
    )
    if found.age.updating:
        age += ", updating"
    if found.age.lagging:
        age += f"; behind: {', '.join(found.age.lagging)}"
    parts.append(Text(age, style="dim"))
    return Group(*parts)


def _view(view: view_pb2.CustomerView) -> RenderableType:
    lines: list[RenderableType] = [Text(view.sentence or "Nothing known.", style="bold"), Text()]
    lines.append(_fields(_who(view)))
    lines += [_journey(journey) for journey in view.journeys]
    if view.closed_journeys:
        lines.append(_fields([("closed", _closed(journey)) for journey in view.closed_journeys]))
    if view.more_journeys:
        lines.append(Text(f"and {view.more_journeys} journeys more", style="dim"))
    title = escape(
        view.name or ("somebody who has not said who they are" if view.unidentified else "name not known")
    )
    return Panel(Group(*lines), title=f"[bold]{title}[/bold] · {view.customer_id}", title_align="left")


def _consent(consent: view_pb2.Consent) -> str:
    """One that was given has expired once its end has passed."""
    until = consent.expires_at.ToDatetime(tzinfo=UTC) if consent.HasField("expires_at") else None
    over = consent.state == "given" and until is not None and until <= datetime.now(UTC)
    by = f" by {consent.channel}" if consent.channel else ""
    return f"{consent.purpose}{by} {'expired' if over else consent.state}"


def _who(view: view_pb2.CustomerView) -> Iterator[tuple[str, str]]:
    if view.asked_for:
        yield "now known as", f"{view.customer_id} (asked for {view.asked_for})"
    if view.identity_level:
        yield "identity", view.identity_level
    if view.language:
        yield "language", escape(view.language)
    if view.preferred_channel:
        yield "prefers", escape(view.preferred_channel)
    if view.consents:
        yield "consent", escape("; ".join(_consent(each) for each in view.consents))
    if pinned := [fact.name for fact in view.facts if fact.pinned]:
        yield "chosen by a steward", escape(", ".join(pinned))
    if view.flags:
        yield "flags", f"[red]{escape(', '.join(view.flags))}[/red]"
    effort = view.effort
    if effort.contacts or effort.minutes:
        yield (
            "effort",
            f"{effort.minutes:.0f} min ({effort.waiting_minutes:.0f} waiting, {effort.talking_minutes:.0f} talking, "
            f"{effort.self_service_minutes:.0f} self-service), {effort.contacts} contacts, {effort.channels} channels"
            + (f"; {effort.not_measured} not measured" if effort.not_measured else ""),
        )
    for promise in view.promises:
        due = promise.promise.due_at.ToDatetime(tzinfo=UTC)
        state = "[red]overdue[/red]" if promise.overdue else "open"
        yield "promise", f"{escape(promise.promise.what)}, due {_time(due)}, {state}"
    if view.HasField("last_contact"):
        last = view.last_contact
        note = f": {escape(last.note)}" if last.note else ""
        codes = f" ({escape(', '.join(last.codes))})" if last.codes else ""
        when = _time(last.start.ToDatetime(tzinfo=UTC))
        yield (
            "last contact",
            f"{when} {escape(last.channel)} {escape(', '.join(last.departments))}{codes}{note}",
        )
    for answer in view.last_feedback:
        words = f", “{escape(answer.verbatim)}”" if answer.verbatim else ""
        yield "survey", f"{answer.value:g} of {answer.scale_max:g} ({escape(answer.scale)}){words}"
    for case in view.open_cases:
        yield "case", escape(case.title or case.case_id)
    for one in view.household:
        why = f" ({escape('; '.join(one.why))})" if one.why else ""
        yield "household", f"{escape(one.name or 'name not known')}, {one.customer_id}{why}"
    if view.more_household:
        yield "household", f"and {view.more_household} more"
    sources = ", ".join(sorted({known.source_namespace for known in view.known_as}))
    if view.known_as:
        count = len(view.known_as) + view.more_records
        yield "known as", f"{count} record{'s' if count > 1 else ''} in {escape(sources)}"
    for text, times in Counter(why.text for why in view.why_one).items():
        yield "why one", escape(text) + (f" ({times} times)" if times > 1 else "")


def _journey(journey: view_pb2.JourneyView) -> RenderableType:
    head = (
        f"[bold]{escape(journey.goal_label or journey.goal or 'goal not known')}[/bold] · day {journey.day}"
    )
    if journey.stage:
        head += f" · {escape(journey.stage)}"
    path = Table(box=None, pad_edge=False, show_header=False)
    if journey.more_touchpoints:
        path.add_row("", "", f"{journey.more_touchpoints} touchpoints before", "", "")
    for point in journey.touchpoints:
        path.add_row(*_touchpoint(point))
    parts: list[RenderableType] = [Text(), Text.from_markup(head), path]
    if journey.HasField("satisfaction"):
        felt = journey.satisfaction
        value = f"{felt.value:.0f} of 100, " if felt.HasField("value") else ""
        parts.append(_fields([("satisfaction", value + _BASES.get(felt.basis, "unknown"))]))
    if journey.HasField("friction"):
        named = [
            f"{signal.replace('_', ' ')} {points:.1f} ({amount:g} {unit})"
            for (signal, unit), (points, amount) in _by_signal(journey.friction).items()
        ]
        parts.append(
            _fields(
                [("friction", f"{journey.friction.points:.1f} = " + (escape(" + ".join(named)) or "none"))]
            )
        )
    return Group(*parts)


def _by_signal(friction: scores_pb2.Friction) -> dict[tuple[str, str], tuple[float, float]]:
    """Points and amount of each signal and unit, the most points first."""
    points: dict[tuple[str, str], float] = defaultdict(float)
    amounts: dict[tuple[str, str], float] = defaultdict(float)
    for each in friction.contributions:
        points[each.signal, each.unit] += each.points
        amounts[each.signal, each.unit] += each.amount
    return {key: (points[key], amounts[key]) for key in sorted(points, key=lambda key: -points[key])}


def _touchpoint(point: journeys_pb2.Touchpoint) -> tuple[str, str, str, str, str]:
    how = "[cyan]goes on[/cyan]" if point.ongoing else _OUTCOMES.get(point.outcome, "")
    minutes = [
        f"{seconds / 60:.0f} min {word}"
        for word, seconds in (
            ("waiting", point.waiting_s),
            ("talking", point.talking_s),
            ("on hold", point.hold_s),
        )
        if seconds >= 30
    ]
    failed = sum(step.failed for step in point.steps)
    what = [
        point.department,
        *minutes,
        *([f"{failed} × failed"] if failed else []),
        *(["started again here"] if point.hop else []),
    ]
    reasons = ", ".join([*point.stated_reasons, *point.coded_reasons])
    text = ", ".join(part for part in what if part) + (f" [dim]({escape(reasons)})[/dim]" if reasons else "")
    return _time(point.start.ToDatetime(tzinfo=UTC)), escape(point.channel), escape(point.title), text, how


def _closed(journey: view_pb2.JourneyView) -> str:
    felt = f", felt {journey.satisfaction.value:.0f} of 100" if journey.satisfaction.HasField("value") else ""
    last = _time(journey.last_at.ToDatetime(tzinfo=UTC))
    return f"{escape(journey.goal_label or 'goal not known')}: {journey.state.replace('_', ' ')}, last touched {last}{felt}"


def _live(contact: view_pb2.LiveContact) -> RenderableType:
    where = contact.queue or contact.department
    said = (
        f"[bold]{escape(contact.channel or 'contact')}[/bold] {escape(contact.contact_id)}: {contact.state}"
    )
    said += f" in {escape(where)}" if where else ""
    said += f", {escape(contact.reason)}" if contact.reason else ""
    said += f" · caller: {contact.identity_level}" if contact.identity_level else ""
    said += f" ({escape(contact.identity_why)})" if contact.identity_why else ""
    return Text.from_markup(said + (" · updating" if contact.updating else ""))


def _candidates(found: view_pb2.LookUpResponse) -> RenderableType:
    table = Table("customer", "name", "what for", "told apart by", "why listed", box=None, pad_edge=False)
    for each in found.candidates:
        facts = ", ".join(f"{fact.name} {fact.value}" for fact in each.told_apart_by)
        table.add_row(each.customer_id, *map(escape, (each.name, each.sentence, facts, each.why)))
    if found.more_candidates:
        table.add_row("and more", "", "", "", "")
    return table


def _fields(rows: "Iterator[tuple[str, str]] | list[tuple[str, str]]") -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(name, value)
    return table


def _time(moment: datetime) -> str:
    return moment.astimezone().strftime("%a %d %b %H:%M")
