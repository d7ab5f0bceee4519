"""The journey as the company drew it: what a goal is told by, when it is reached, how long silence may last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pathloom_journey_graph.domain.values import DAY, Signal

# What each kind of word weighs when a touchpoint's goal is told: said outright, in the customer's words, done, coded, seen.
WEIGHTS = {
    "goal": 8.0,
    "stated": 3.0,
    "intent": 3.0,
    "step": 2.0,
    "code": 2.0,
    "event": 2.0,
    "property": 2.0,
    "page": 1.0,
}
_MOST = 3  # how often one word counts at most


@dataclass(frozen=True, slots=True)
class Match:
    """Values by kind of signal (stated, intent, code, page, step, step_done, step_failed, event, property:NAME)."""

    values: Mapping[str, frozenset[str]]

    def fits(self, signal: Signal) -> bool:
        """One value of one kind is enough."""
        wanted = self.values.get(signal.kind)
        return wanted is not None and (signal.value in wanted or "*" in wanted)

    def any(self, signals: Iterable[Signal]) -> bool:
        """Whether any of the signals fits."""
        values = self.values
        for signal in signals:  # by far the most frequent question of a cut: no call for each signal
            wanted = values.get(signal.kind)
            if wanted is not None and (signal.value in wanted or "*" in wanted):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Completion:
    """An end of the journey. With `quiet` it holds only when no contact follows for so long (microseconds)."""

    match: Match
    quiet: int = 0

    def at(self, signals: Iterable[Signal], goal: str) -> int | None:
        """When it last happened here; None: it did not. A word that names another goal says nothing of this one."""
        last: int | None = None
        values = self.match.values
        for signal in signals:
            wanted = values.get(signal.kind)
            if wanted is None or not (signal.value in wanted or "*" in wanted):
                continue
            if signal.goal in ("", goal) and (last is None or signal.at > last):
                last = signal.at
        return last


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase of a goal."""

    key: str
    label: str
    match: Match


@dataclass(frozen=True, slots=True)
class Goal:
    """The job to be done. `begins` is what may open a journey; a touchpoint that only matches joins an open one."""

    key: str
    label: str
    match: Match
    begins: Match
    silence: int
    reached: tuple[Completion, ...] = ()
    given_up: tuple[Completion, ...] = ()
    stages: tuple[Stage, ...] = ()
    not_first_contact_resolvable: bool = False

    def stage_of(self, signals: Sequence[Signal]) -> str:
        """The last stage, in the order drawn, that anything here tells; empty: none."""
        return next((s.key for s in reversed(self.stages) if s.match.any(signals)), "")


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A living, versioned document; durations in microseconds, costs in units of `currency`."""

    key: str
    version: int
    namespaces: frozenset[str]
    goals: tuple[Goal, ...]
    silence: int = 14 * DAY
    hop_within: int = 7 * DAY
    currency: str = ""
    unit_cost: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Key and version."""
        return f"{self.key}@{self.version}"

    @property
    def longest_silence(self) -> int:
        """No rule of this blueprint looks further than this."""
        return max([self.silence, self.hop_within, *(goal.silence for goal in self.goals)])

    def goal(self, key: str) -> Goal | None:
        """The goal with this key."""
        return next((goal for goal in self.goals if goal.key == key), None)

    def watched(self) -> frozenset[str]:
        """Properties that its rules read."""
        found: set[str] = set()
        for goal in self.goals:
            matches = [goal.match, goal.begins, *(s.match for s in goal.stages)]
            matches += [c.match for c in (*goal.reached, *goal.given_up)]
            found |= {k.partition(":")[2] for m in matches for k in m.values if k.startswith("property:")}
        return frozenset(found)

    def votes(self, signals: Iterable[Signal]) -> dict[str, float]:
        """What speaks for each goal, by weight."""
        found: dict[str, float] = {}
        for signal in signals:
            weight = WEIGHTS.get(signal.kind.partition(":")[0], 0.0) * min(signal.count, _MOST)
            for goal in self.goals:
                named = signal.kind == "goal" and signal.value == goal.key
                if weight and (named or goal.match.fits(signal)):
                    found[goal.key] = found.get(goal.key, 0.0) + weight
        return found

    def best(self, votes: Mapping[str, float]) -> str:
        """The goal with most weight; between equals the one drawn first; empty where nothing speaks for any."""
        return max(votes, key=lambda key: (votes[key], -self._place(key)), default="")

    def _place(self, key: str) -> int:
        return next(i for i, goal in enumerate(self.goals) if goal.key == key)


@dataclass(frozen=True, slots=True)
class Blueprints:
    """All in force. A namespace named outright goes before `*`; one blueprint covers each namespace."""

    all: tuple[Blueprint, ...]

    def covering(self, namespace: str) -> Blueprint:
        """The blueprint of a namespace."""
        named = next((b for b in self.all if namespace in b.namespaces), None)
        return named or next(b for b in self.all if "*" in b.namespaces)

    @property
    def longest_silence(self) -> int:
        """Touchpoints of one customer further apart than this never touch each other, ties aside."""
        return max(b.longest_silence for b in self.all)

    def watched(self) -> frozenset[str]:
        """Properties that any rule reads."""
        return frozenset().union(*(b.watched() for b in self.all))
