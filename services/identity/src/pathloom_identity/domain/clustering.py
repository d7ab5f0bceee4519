"""Which records are one person: a pure function of a component.

A component is what identifiers that join, stated links, decisions and evidence *could* make one. Decisions and
identifiers go first: their edges are taken in (priority, evidence, key) order, each unless a limit, a "different"
decision or a veto forbids it. What is one by them begins as one; then evidence joins by average linkage, unless the same
forbids it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import combinations

from pathloom_identity.domain.evidence.linkage import VETO, average_linkage
from pathloom_identity.domain.evidence.weigher import Weighed
from pathloom_identity.domain.evidence.weighing import Piece
from pathloom_identity.domain.golden import Survivorship
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey, RecordKind, Trust
from pathloom_identity.domain.sources import TypePolicy

#: An own id of a record (a user id, a cookie) is known before any rule: it goes before the rules' default.
ID_PRIORITY = 10
#: What a household shares: a veto outweighs these. An id of the person outweighs a veto.
SHARED_AT_HOME = frozenset({"phone", "email", "address", "handle", "device"})


class EvidenceKind(IntEnum):
    """Why two records are one (the contract's numbers)."""

    IDENTIFIER = 1
    DECISION = 2
    STATED = 3
    EVIDENCE = 4


@dataclass(frozen=True, slots=True)
class Edge:
    """A reason to make two records one; `left` sorts before `right`."""

    priority: int
    kind: EvidenceKind
    left: RecordKey
    right: RecordKey
    identifier: Identifier | None = None
    weight: int | None = None
    """Of evidence, in BITs; the pieces sum to it."""
    pieces: tuple[Piece, ...] = ()

    def order(self) -> tuple[object, ...]:
        # Decisions first: a steward outranks every limit; then identifiers, by the declared priority, then by what it
        # is; what evidence says comes last.
        step = {EvidenceKind.DECISION: 0, EvidenceKind.EVIDENCE: 2}.get(self.kind, 1)
        return step, self.priority, self.kind, self.identifier or ("", "", ""), self.left, self.right


@dataclass(frozen=True, slots=True)
class Decision:
    """A steward's word on two records, the latest one."""

    left: RecordKey
    right: RecordKey
    same: bool
    actor: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """What clustering, and choosing golden values, is given besides the records. `demote_over`: a value that more
    records hold joins none."""

    policies: Mapping[str, TypePolicy] = field(default_factory=dict)
    demote_over: int = 50
    survivorship: Survivorship = field(default_factory=dict)

    def priority(self, kind: str) -> int:
        if kind in self.policies:
            return self.policies[kind].priority
        return ID_PRIORITY if kind in ("user_id", "anonymous_id") else TypePolicy().priority

    def limit(self, kind: str) -> int:
        return self.policies[kind].limit if kind in self.policies else 0


Pair = tuple[RecordKey, RecordKey]


@dataclass(frozen=True, slots=True)
class Weights:
    """What pairs of records weigh, the left one sorting first, each within one component; `cut` and `unseen` are the
    model's, in BITs. `quiet`: records that hardly say who somebody is (an e-mail address alone): where identifiers made
    them one with others who do, these others speak for them, and they do not water the mean down."""

    pairs: Mapping[Pair, Weighed] = field(default_factory=dict)
    quiet: frozenset[RecordKey] = frozenset()
    cut: int = 0
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """One person: keys oldest first (first seen, then key), and the edges that hold them together."""

    members: tuple[RecordKey, ...]
    evidence: tuple[Edge, ...]


def holders(records: Mapping[RecordKey, RecordState]) -> dict[Identifier, dict[RecordKey, bool]]:
    """Who holds each joining value, by key, and whether only by a stated link."""
    found: dict[Identifier, dict[RecordKey, bool]] = {}
    for key in sorted(records):
        for identifier, stated in records[key].joining().items():
            found.setdefault(identifier, {})[key] = stated
    return found


def joins(identifier: Identifier, held_by: Collection[RecordKey], rules: Rules) -> bool:
    """Whether a shared value may make its holders one person.

    An anonymous id that two users have been seen with is a shared browser: from then on it only finds.
    """
    if len(held_by) > rules.demote_over:
        return False
    users = sum(1 for key in held_by if key.kind is RecordKind.USER)
    return not (identifier.type == "anonymous_id" and users > 1)


def edges(
    records: Mapping[RecordKey, RecordState],
    demoted: frozenset[Identifier],
    decisions: Iterable[Decision],
    rules: Rules,
) -> list[Edge]:
    """All reasons to join, in the order in which they are tried. `demoted`: values known to be held by too many
    records, most of which are not in `records`."""
    found: list[Edge] = []
    for identifier, held_by in holders(records).items():
        if len(held_by) < 2 or identifier in demoted or not joins(identifier, held_by, rules):
            continue
        for left, right in combinations(held_by, 2):
            stated = held_by[left] or held_by[right]
            kind = EvidenceKind.STATED if stated else EvidenceKind.IDENTIFIER
            found.append(Edge(rules.priority(identifier.type), kind, left, right, identifier))
    for decision in decisions:
        if decision.same and decision.left in records and decision.right in records:
            left, right = sorted((decision.left, decision.right))
            found.append(Edge(0, EvidenceKind.DECISION, left, right))
    return sorted(found, key=Edge.order)


def cluster(
    records: Mapping[RecordKey, RecordState],
    decisions: Sequence[Decision] = (),
    rules: Rules | None = None,
    demoted: frozenset[Identifier] = frozenset(),
    weights: Weights | None = None,
) -> list[Group]:
    """The persons among `records` (any number of components), sorted by their oldest record."""
    rules, weights = rules or Rules(), weights or Weights()
    # Held by too many among these alone: nobody's own value, so it counts for no limit either.
    demoted = demoted | {i for i, held_by in holders(records).items() if len(held_by) > rules.demote_over}
    forest = _Forest(records, decisions, rules, demoted, weights)
    taken = [edge for edge in edges(records, demoted, decisions, rules) if forest.join(edge)]
    taken += _by_evidence(forest, weights)
    of_left: dict[RecordKey, list[Edge]] = {}
    for edge in taken:
        of_left.setdefault(edge.left, []).append(edge)
    groups = []
    for members in forest.groups():
        ordered = tuple(sorted(members, key=lambda key: (records[key].first_seen, key)))
        evidence = sorted((e for key in members for e in of_left.get(key, ())), key=Edge.order)
        groups.append(Group(ordered, tuple(evidence)))
    return sorted(groups, key=lambda group: group.members[0])


def _by_evidence(forest: "_Forest", weights: Weights) -> list[Edge]:
    """Joins what the mean weight between two groups says is one; the edges taken, each the heaviest pair across."""
    if not weights.pairs:
        return []
    together: dict[RecordKey, list[RecordKey]] = {}
    for key in {key for pair in weights.pairs for key in pair}:
        together.setdefault(forest.root(key), []).append(key)
    speaking = [[k for k in group if k not in weights.quiet] or group for group in together.values()]
    keys = sorted(key for group in speaking for key in group)
    number = {key: at for at, key in enumerate(keys)}
    begun = [[number[key] for key in group] for group in speaking]
    pairs = [
        (number[left], number[right], VETO if weighed.vetoed else weighed.weight)
        for (left, right), weighed in weights.pairs.items()
        if left in number and right in number
    ]
    taken = []

    def join(a: int, b: int) -> bool:
        edge = forest.heaviest(keys[a], keys[b], weights)
        if not forest.join(edge):
            return False
        taken.append(edge)
        return True

    average_linkage(range(len(keys)), pairs, weights.cut, weights.unseen, begun, join)
    return taken


_NOBODY: frozenset[RecordKey] = frozenset()


class _Forest:
    """Union-find whose sets know what limits and decisions need."""

    def __init__(
        self,
        records: Mapping[RecordKey, RecordState],
        decisions: Iterable[Decision],
        rules: Rules,
        demoted: frozenset[Identifier],
        weights: Weights,
    ) -> None:
        self._parent = {key: key for key in records}
        self._members = {key: {key} for key in records}
        self._limits = rules.limit
        self._limited = {key: _limited_values(state, rules, demoted) for key, state in records.items()}
        self._apart: dict[RecordKey, set[RecordKey]] = {key: set() for key in records}
        for decision in decisions:
            if not decision.same and decision.left in records and decision.right in records:
                self._apart[decision.left].add(decision.right)
                self._apart[decision.right].add(decision.left)
        self._vetoed: dict[RecordKey, set[RecordKey]] = {}
        for (left, right), weighed in weights.pairs.items():
            if weighed.vetoed:
                self._vetoed.setdefault(left, set()).add(right)
                self._vetoed.setdefault(right, set()).add(left)

    def join(self, edge: Edge) -> bool:
        """True when the edge made two sets one."""
        a, b = self._find(edge.left), self._find(edge.right)
        if a == b or not self._apart[a].isdisjoint(self._members[b]):
            return False
        weak = (
            edge.identifier.type in SHARED_AT_HOME if edge.identifier else edge.kind is EvidenceKind.EVIDENCE
        )
        if weak and self._is_vetoed(self._members[a], self._members[b]):
            return False
        if edge.kind is not EvidenceKind.DECISION and self._exceeds(a, b):
            return False
        if len(self._members[a]) < len(self._members[b]):
            a, b = b, a
        self._parent[b] = a
        self._members[a] |= self._members.pop(b)
        self._apart[a] |= self._apart.pop(b)
        for scope, values in self._limited.pop(b).items():
            self._limited[a][scope] = self._limited[a].get(scope, frozenset()) | values
        return True

    def groups(self) -> Iterable[set[RecordKey]]:
        return self._members.values()

    def root(self, key: RecordKey) -> RecordKey:
        """The same for all of one set, as it is now."""
        return self._find(key)

    def heaviest(self, left: RecordKey, right: RecordKey, weights: Weights) -> Edge:
        """The pair across two sets that weighs most; of equal ones the first by key."""
        best: tuple[int, Pair] | None = None
        for a in self._members[self._find(left)]:
            for b in self._members[self._find(right)]:
                pair = (a, b) if a < b else (b, a)
                weighed = weights.pairs.get(pair)
                if weighed is not None and (best is None or (-weighed.weight, pair) < best):
                    best = -weighed.weight, pair
        if best is None:
            raise ValueError("no pair across the two was weighed")
        pair = best[1]
        weighed = weights.pairs[pair]
        return Edge(0, EvidenceKind.EVIDENCE, *pair, weight=weighed.weight, pieces=weighed.pieces)

    def _is_vetoed(self, a: set[RecordKey], b: set[RecordKey]) -> bool:
        return bool(self._vetoed) and any(not self._vetoed.get(key, _NOBODY).isdisjoint(b) for key in a)

    def _exceeds(self, a: RecordKey, b: RecordKey) -> bool:
        left, right = self._limited[a], self._limited[b]
        return any(
            len(values | left[scope]) > max(self._limits(scope[0]), len(values), len(left[scope]))
            for scope, values in right.items()
            if scope in left
        )

    def _find(self, key: RecordKey) -> RecordKey:
        while (parent := self._parent[key]) != key:
            self._parent[key] = self._parent[parent]
            key = self._parent[key]
        return key


def _limited_values(
    state: RecordState, rules: Rules, demoted: frozenset[Identifier]
) -> dict[tuple[str, str], frozenset[str]]:
    """Trusted values of the types that have a limit, by (type, namespace)."""
    found: dict[tuple[str, str], set[str]] = {}
    for identifier, held in state.identifiers.items():
        if not rules.limit(identifier.type) or identifier in demoted:
            continue
        if any(h.trust > Trust.CLAIMED and not h.stated for h in held):
            found.setdefault((identifier.type, identifier.namespace), set()).add(identifier.value)
    return {scope: frozenset(values) for scope, values in found.items()}
