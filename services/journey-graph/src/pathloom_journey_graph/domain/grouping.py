"""Which items of a customer are towards one goal: the heart of the cut, a pure function of items and blueprint.

The rules, in the order in which they apply (`silence` is the goal's):

1. Items that share a tie (a promise, a case, a call-back, a survey about a contact) belong together.
2. What such a unit says votes for a goal; the goal with most weight is its goal, or it has none.
3. Touchpoints of one goal make one journey while neighbours lie no more than `silence` apart and the goal has not been
   reached or given up in between. A group that nothing in it may begin has no goal after all.
4. A touchpoint without a goal joins the journey, open at that time, that holds the touchpoint nearest to it, if that is
   within `silence`; of two equally near the one that began first. What joined may carry on to the next one.
5. Touchpoints that are near no journey make journeys without a goal.
6. Surveys and marks carry no journey on: each goes with the nearest journey of its goal, or the nearest of all.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pathloom_journey_graph.domain.blueprint import Blueprint
from pathloom_journey_graph.domain.values import Item


@dataclass(frozen=True, slots=True)
class Group:
    """Items of one journey in order, its goal, and how far from the goal's own each item lay (0: it said the goal)."""

    goal: str
    items: tuple[Item, ...]
    distance: dict[str, int]


class _Sets:
    """Disjoint sets of 0..n-1; the smallest member stands for its set."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def find(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        i, j = self.find(i), self.find(j)
        if i != j:
            self._parent[max(i, j)] = min(i, j)


def group(items: Iterable[Item], blueprint: Blueprint) -> list[Group]:
    """All items, each in exactly one group."""
    ordered = sorted(items, key=lambda item: item.place)
    units = _units(ordered)
    goals = _goals(ordered, units, blueprint)
    _demote(ordered, units, goals, blueprint)
    distance = _join_nearest(ordered, units, goals, blueprint)
    sets = _chains(ordered, units, goals, blueprint)
    _follow(ordered, units, goals, sets, blueprint)
    found: dict[int, list[int]] = {}
    for i in range(len(ordered)):
        found.setdefault(sets.find(i), []).append(i)
    return [
        Group(
            _goal_of(members, units, goals, ordered),
            tuple(ordered[i] for i in members),
            {ordered[i].id: distance.get(i, 0) for i in members},
        )
        for members in found.values()
    ]


def _goal_of(members: Sequence[int], units: _Sets, goals: dict[int, str], ordered: Sequence[Item]) -> str:
    movers = [i for i in members if ordered[i].moves]
    return next((goal for i in movers or members if (goal := goals[units.find(i)])), "")


def _units(ordered: Sequence[Item]) -> _Sets:
    units, first = _Sets(len(ordered)), dict[str, int]()
    for i, item in enumerate(ordered):
        for tie in item.ties:
            units.join(i, first.setdefault(tie, i))
    return units


def _goals(ordered: Sequence[Item], units: _Sets, blueprint: Blueprint) -> dict[int, str]:
    votes: dict[int, dict[str, float]] = {}
    for i, item in enumerate(ordered):
        mine = votes.setdefault(units.find(i), {})
        for goal, weight in blueprint.votes(item.signals).items():
            mine[goal] = mine.get(goal, 0.0) + weight
    return {unit: blueprint.best(found) for unit, found in votes.items()}


def _ends(
    ordered: Sequence[Item], units: _Sets, goals: dict[int, str], blueprint: Blueprint
) -> dict[str, list[int]]:
    """When each goal was reached or given up for good, in order."""
    found: dict[str, list[int]] = {}
    for i, item in enumerate(ordered):
        goal = blueprint.goal(goals[units.find(i)])
        if goal:
            for completion in (*goal.reached, *goal.given_up):
                at = completion.at(item.signals, goal.key)
                if at is not None and not completion.quiet:
                    found.setdefault(goal.key, []).append(at)
    return {key: sorted(times) for key, times in found.items()}


def _ended_between(times: Sequence[int], begin: int, end: int) -> bool:
    """Whether the goal ended at or after `begin` and before `end`."""
    i = bisect_left(times, begin)
    return i < len(times) and times[i] < end


def _silence(blueprint: Blueprint, key: str) -> int:
    goal = blueprint.goal(key)
    return goal.silence if goal else blueprint.silence


def _chains(ordered: Sequence[Item], units: _Sets, goals: dict[int, str], blueprint: Blueprint) -> _Sets:
    """Sets of items in one journey, followers aside."""
    sets = _Sets(len(ordered))
    for i in range(len(ordered)):
        sets.join(i, units.find(i))
    ends = _ends(ordered, units, goals, blueprint)
    chain: dict[str, tuple[int, int, int]] = {}
    for i, item in enumerate(ordered):
        if not item.moves:
            continue
        key = goals[units.find(i)]
        begun, reach, member = chain.get(key, (item.start, item.last, i))
        apart = item.start - reach > _silence(blueprint, key)
        if apart or _ended_between(ends.get(key, ()), begun, item.start):
            chain[key] = (item.start, item.last, i)
            continue
        sets.join(member, i)
        chain[key] = (begun, max(reach, item.last), i)
    return sets


def _demote(ordered: Sequence[Item], units: _Sets, goals: dict[int, str], blueprint: Blueprint) -> None:
    """Takes the goal from units whose journey nothing may begin."""
    if all(goal.begins is goal.match for goal in blueprint.goals):
        return
    sets = _chains(ordered, units, goals, blueprint)
    begins: set[int] = set()
    for i, item in enumerate(ordered):
        goal = blueprint.goal(goals[units.find(i)])
        if goal and (
            goal.begins.any(item.signals)
            or any(s.kind == "goal" and s.value == goal.key for s in item.signals)
        ):
            begins.add(sets.find(i))
    for i, item in enumerate(ordered):
        if item.moves and sets.find(i) not in begins:
            goals[units.find(i)] = ""


class _Anchors:
    """Touchpoints that have a goal, by begin, to find the nearest of."""

    def __init__(self, ordered: Sequence[Item], members: Iterable[int]) -> None:
        self.members = sorted(members)  # `ordered` is by place, so places are in order where indices are
        self._ordered = ordered
        self._starts = [ordered[i].start for i in self.members]
        self._longest = max((ordered[i].last - ordered[i].start for i in self.members), default=0)

    def near(self, item: Item, within: int) -> Iterable[tuple[int, int]]:
        """(distance, member) of all that lie within `within`."""
        place = bisect_left(self._starts, item.start)
        for k in range(place, len(self.members)):
            if self._starts[k] - item.last > within:
                break
            yield max(0, self._starts[k] - item.last), self.members[k]
        for k in range(place - 1, -1, -1):
            if item.start - self._starts[k] - self._longest > within:
                break
            away = item.start - self._ordered[self.members[k]].last
            if away <= within:
                yield max(0, away), self.members[k]


def _join_nearest(
    ordered: Sequence[Item], units: _Sets, goals: dict[int, str], blueprint: Blueprint
) -> dict[int, int]:
    """Gives each unit without a goal that of the nearest open journey; how far away that was, by item."""
    distance: dict[int, int] = {}
    waiting = [i for i, item in enumerate(ordered) if item.moves and not goals[units.find(i)]]
    ends = _ends(ordered, units, goals, blueprint)
    while waiting:
        anchors = _Anchors(
            ordered, (i for i, item in enumerate(ordered) if item.moves and goals[units.find(i)])
        )
        found: dict[int, tuple[int, int, str]] = {}
        for i in waiting:
            best = _nearest_open(ordered, ordered[i], anchors, units, goals, ends, blueprint)
            if best and (units.find(i) not in found or best < found[units.find(i)]):
                found[units.find(i)] = best
        if not found:
            return distance
        for unit, (away, _, goal) in found.items():
            goals[unit] = goal
            distance.update({i: away for i in waiting if units.find(i) == unit})
        waiting = [i for i in waiting if units.find(i) not in found]
    return distance


def _nearest_open(
    ordered: Sequence[Item], item: Item, anchors: _Anchors, units: _Sets, goals: dict[int, str], ends: dict[str, list[int]],
    blueprint: Blueprint,
) -> tuple[int, int, str] | None:  # fmt: skip
    best: tuple[int, int, str] | None = None
    reach = blueprint.longest_silence
    for away, member in anchors.near(item, reach):
        if best is not None and away > best[0]:
            continue
        key = goals[units.find(member)]
        if away > _silence(blueprint, key):
            continue
        anchor = ordered[member]
        first, second = (anchor, item) if anchor.start <= item.start else (item, anchor)
        if _ended_between(ends.get(key, ()), first.start, second.start):
            continue
        candidate = (away, anchor.start, key)
        best = candidate if best is None or candidate < best else best
    return best


def _follow(
    ordered: Sequence[Item], units: _Sets, goals: dict[int, str], sets: _Sets, blueprint: Blueprint
) -> None:
    """Puts each follower with the nearest journey of its goal, else with the nearest of all, else with its like."""
    moving = {sets.find(i) for i, item in enumerate(ordered) if item.moves}
    movers = [i for i, item in enumerate(ordered) if item.moves]
    by_goal: dict[str, _Anchors] = {}
    alone: dict[str, int] = {}
    for i, item in enumerate(ordered):
        if item.moves or sets.find(i) in moving:
            continue
        goal = goals[units.find(i)]
        if goal not in by_goal:
            by_goal[goal] = _Anchors(ordered, (m for m in movers if goal in ("", goals[units.find(m)])))
        # The journey that lies before goes first: what is asked or said is about what was.
        near = min(
            (
                (away, ordered[m].start > item.start, m)
                for away, m in by_goal[goal].near(item, blueprint.longest_silence)
            ),
            default=None,
        )
        if near is not None:
            sets.join(i, near[2])
            continue
        like = alone.get(goal)
        if like is not None and item.start - ordered[like].last <= blueprint.silence:
            sets.join(i, like)
        alone[goal] = i
