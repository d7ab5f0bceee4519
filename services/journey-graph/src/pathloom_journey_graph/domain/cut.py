"""Cutting: one customer's items become journeys, as of an instant. Pure and local (`segments`)."""

from collections.abc import Iterable, Sequence

from pathloom_journey_graph.domain.blueprint import Blueprint, Blueprints, Completion
from pathloom_journey_graph.domain.grouping import Group, group
from pathloom_journey_graph.domain.ledger import cases_in, promises_in
from pathloom_journey_graph.domain.values import Item, Journey, JourneyState, Kind, Outcome, Touch, Touchpoint

# A call that begins in the IVR and one that an agent takes are both calls; so are a bot's chat and an agent's.
_SAME_DOOR = {"ivr": "voice", "bot": "chat"}


def cut(items: Iterable[Item], blueprints: Blueprints, as_of: int) -> list[Journey]:
    """The journeys of one customer's items, by first touchpoint. Every item is in exactly one journey, or, where marks
    lie near no touchpoint and promise nothing, in none."""
    covered: dict[str, tuple[Blueprint, list[Item]]] = {}
    for item in items:
        blueprint = blueprints.covering(item.namespace)
        covered.setdefault(blueprint.key, (blueprint, []))[1].append(item)
    found = [
        (one.items[0].place, _journey(one, blueprint, as_of))
        for blueprint, mine in covered.values()
        for one in group(mine, blueprint)
        if any(i.touchpoint or i.promises or i.cases for i in one.items)
    ]
    found.sort(key=lambda pair: (pair[1].opened_at, pair[0]))
    return [journey for _, journey in found]


def segments(spans: Iterable[tuple[int, int, str]], gap: int) -> list[list[str]]:
    """Ids of (start, last, id) split wherever nothing happened for longer than `gap`. With gap = the longest silence,
    cutting each segment (with those tied to it) by itself gives the same as cutting everything."""
    found: list[list[str]] = []
    reach = 0
    for start, last, key in sorted(spans):
        if not found or start - reach > gap:
            found.append([])
            reach = last
        found[-1].append(key)
        reach = max(reach, last)
    return found


def _journey(one: Group, blueprint: Blueprint, as_of: int) -> Journey:
    goal = blueprint.goal(one.goal)
    touched = [item for item in one.items if item.touchpoint is not None]
    timed = touched or list(one.items)
    moving = [item for item in timed if item.moves] or timed
    opened, last = timed[0].start, max(item.last for item in timed)
    silent_after = max(item.last for item in moving) + (goal.silence if goal else blueprint.silence)
    state, closed_at, due = _state(one, blueprint, silent_after, as_of)
    touchpoints = _annotated(one, blueprint, silent=state is JourneyState.SILENT)
    first = timed[0]
    stages = {t.stage for t in touchpoints}
    return Journey(
        id=f"j{first.id}",
        goal=goal.key if goal else "",
        goal_label=goal.label if goal else "",
        goal_from=_goal_from(one, blueprint),
        state=state,
        stage=next((s.key for s in reversed(goal.stages) if s.key in stages), "") if goal else "",
        opened_at=opened,
        last_at=last,
        closed_at=closed_at,
        silent_after=silent_after if closed_at is None else None,
        due=due,
        touchpoints=touchpoints,
        promises=promises_in(one.items),
        cases=cases_in(one.items),
        blueprint=blueprint.name,
        not_first_contact_resolvable=bool(goal and goal.not_first_contact_resolvable),
        test=all(item.test for item in one.items),
        items=tuple(item.id for item in one.items),
    )


def _state(
    one: Group, blueprint: Blueprint, silent_after: int, as_of: int
) -> tuple[JourneyState, int | None, int | None]:
    """State, when it closed, and the next instant at which time alone would change that."""
    goal = blueprint.goal(one.goal)
    if goal:
        said: list[tuple[int, JourneyState]] = []
        for state, completions in (
            (JourneyState.GIVEN_UP, goal.given_up),
            (JourneyState.REACHED, goal.reached),
        ):
            said += [
                (at, state) for at in _times(one.items, [c for c in completions if not c.quiet], goal.key)
            ]
        if said:
            at, state = max(said, key=lambda found: (found[0], found[1] is JourneyState.REACHED))
            return state, at, None
        contacts = [
            item.start for item in one.items if item.touchpoint and item.touchpoint.kind is Kind.CONTACT
        ]
        quiet = [
            (at + c.quiet, at, state)
            for state, completions in (
                (JourneyState.GIVEN_UP, goal.given_up),
                (JourneyState.REACHED, goal.reached),
            )
            for c in completions
            if c.quiet
            for at in _times(one.items, [c], goal.key)
            if not any(start > at for start in contacts)
        ]
        if quiet and min(quiet)[0] <= min(as_of, silent_after):
            _, at, state = min(quiet)
            return state, at, None
        if quiet and min(quiet)[0] < silent_after:
            return JourneyState.IN_PROGRESS, None, min(quiet)[0]
    if as_of >= silent_after:
        return JourneyState.SILENT, silent_after, None
    return JourneyState.IN_PROGRESS, None, silent_after


def _times(items: Iterable[Item], completions: Sequence[Completion], goal: str) -> list[int]:
    return [at for item in items for c in completions if (at := c.at(item.signals, goal)) is not None]


def _goal_from(one: Group, blueprint: Blueprint) -> str:
    """The best word for the goal: the customer's, else a code, else what was derived from what they did."""
    goal = blueprint.goal(one.goal)
    if goal is None:
        return ""
    kinds = {s.kind for item in one.items for s in item.signals if goal.match.fits(s)}
    if kinds & {"stated", "intent"}:
        return "stated"
    return "coded" if "code" in kinds else "derived"


def _annotated(one: Group, blueprint: Blueprint, *, silent: bool) -> tuple[Touchpoint, ...]:
    """The touchpoints with what the blueprint and the journey add."""
    goal = blueprint.goal(one.goal)
    found: list[Touchpoint] = []
    before: Touchpoint | None = None
    for item in one.items:
        touchpoint = item.touchpoint
        if touchpoint is None:
            continue
        if silent and touchpoint.ongoing:
            touchpoint = touchpoint.but(
                ongoing=False, end=item.last, outcome=touchpoint.outcome or Outcome.ENDED
            )
        again = item.moves and touchpoint.touch is Touch.CUSTOMER_ACTIVE
        reason, confidence = _derived(one, item, blueprint)
        found.append(
            touchpoint.but(
                coded_reasons=tuple(
                    dict.fromkeys(blueprint.reasons.get(c, c) for c in touchpoint.coded_reasons)
                ),
                derived_reason=reason,
                derived_confidence=confidence,
                cost=blueprint.unit_cost.get(touchpoint.channel),
                stage=goal.stage_of(item.signals) if goal else "",
                hop=again and before is not None and _hopped(before, touchpoint, blueprint),
            )
        )
        if again:
            before = touchpoint
    return tuple(found)


def _derived(one: Group, item: Item, blueprint: Blueprint) -> tuple[str, float | None]:
    """The goal as the reason, with the share of the words that speak for it; without words, less the further away."""
    goal = blueprint.goal(one.goal)
    if goal is None:
        return "", None
    votes = blueprint.votes(item.signals)
    if votes:
        return goal.key, round(votes.get(goal.key, 0.0) / sum(votes.values()), 3)
    return goal.key, round(0.5 * max(0.0, 1 - one.distance[item.id] / goal.silence), 3)


def _hopped(before: Touchpoint, now: Touchpoint, blueprint: Blueprint) -> bool:
    """The customer starts again in another channel, soon after a touchpoint that did not settle it."""
    elsewhere = _SAME_DOOR.get(before.channel, before.channel) != _SAME_DOOR.get(now.channel, now.channel)
    return (
        elsewhere
        and before.outcome is not Outcome.RESOLVED
        and now.start - before.last <= blueprint.hop_within
    )
