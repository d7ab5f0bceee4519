"""What the platform says, compared with the truth: pure functions over plain values."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import numpy as np
from pathloom_identity.domain.evidence.measures import b_cubed

from pathloom_local.demo.values import ContactKey, Leg, RecordKey, Said, Touchpoint, Truth

CLOSE = timedelta(milliseconds=1)
"""The finest that the protocols carry."""
CLOSE_S = 0.002
ENOUGH_F1 = 0.90
ENOUGH_B_CUBED = 0.99


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts by channel and leg by leg."""

    by_channel: Mapping[str, tuple[int, int]]
    """True and said."""
    legs: tuple[int, int]
    differences: Sequence[str]

    @property
    def holds(self) -> bool:
        """Exactly equal."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers as far as anybody could tell: by joining identifiers all of them, by evidence those of whom something
    is said."""

    true: int
    """Groups of records that identifiers alone make."""
    said: int
    """Customers that they lead to: fewer, where evidence joins what no identifier does."""
    differences: Sequence[str]
    mixed_households: Sequence[str]
    confused: Sequence[str]
    """Two people as one."""
    b_cubed: float
    """B³ F1 over the records that say who somebody is, against the people."""

    @property
    def holds(self) -> bool:
        """Nothing that identifiers join is apart, no two people of one household are one, and people are who they are."""
        return not self.differences and not self.mixed_households and self.b_cubed >= ENOUGH_B_CUBED


@dataclass(frozen=True, slots=True)
class Journeys:
    """Pairs of touchpoints in one journey, within each resolved customer."""

    right: int
    missed: int
    wrong: int
    not_found: Sequence[str]
    """Touchpoints that are true and not said; their pairs count as missed."""

    @property
    def precision(self) -> float:
        """Of the pairs said, those that are true."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """Of the true pairs, those that were said."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Their harmonic mean; 0 where nothing is right."""
        return 2 * self.right / (2 * self.right + self.missed + self.wrong) if self.right else 0.0

    @property
    def holds(self) -> bool:
        """Enough of them."""
        return self.f1 >= ENOUGH_F1


@dataclass(frozen=True, slots=True)
class Comparison:
    """All three."""

    contacts: Contacts
    customers: Customers
    journeys: Journeys

    @property
    def holds(self) -> bool:
        """All three hold."""
        return self.contacts.holds and self.customers.holds and self.journeys.holds


def compare(truth: Truth, said: Said) -> Comparison:
    """Everything that `pathloom demo --once` promises."""
    return Comparison(contacts(truth, said), customers(truth, said), journeys(truth, said))


def contacts(truth: Truth, said: Said) -> Contacts:
    """Every contact once, in its channel, with every leg as it was; none that nobody made."""
    true, there = _contacts(truth.touchpoints), _contacts(said.touchpoints)
    differences = []
    for key in sorted(true.keys() | there.keys()):
        name = " ".join(key)
        if key not in there:
            differences.append(f"{name}: is missing")
        elif key not in true:
            differences.append(f"{name}: is not true")
        elif len(there[key]) > 1:
            differences.append(f"{name}: is there {len(there[key])} times")
        else:
            differences += [f"{name}: {what}" for what in _contact_differences(true[key][0], there[key][0])]
    counted = [Counter(each.channel for found in side.values() for each in found) for side in (true, there)]
    channels = sorted(counted[0].keys() | counted[1].keys())
    legs = [sum(len(each.legs) for found in side.values() for each in found) for side in (true, there)]
    return Contacts(
        {channel: (counted[0][channel], counted[1][channel]) for channel in channels},
        (legs[0], legs[1]),
        differences,
    )


def customers(truth: Truth, said: Said) -> Customers:
    """What identifiers join is one, and nobody is somebody else."""
    differences = []
    person_of = {record: person.person_id for person in truth.people for record in person.records}
    owners: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(truth.customers):
        found = {record: said.customers_of.get(record, frozenset()) for record in group}
        lost = sorted(record for record, ids in found.items() if not ids)
        differences += [f"{' '.join(record)}: leads to nobody" for record in lost]
        ids = frozenset().union(*found.values())
        if len(ids) > 1:
            differences.append(f"{_group(group)}: are {len(ids)} customers ({', '.join(sorted(ids))})")
        for customer in ids:
            owners[customer].append(number)
    confused = []
    for customer, numbers in sorted(owners.items()):
        if len({person_of[record] for number in numbers for record in truth.customers[number]}) > 1:
            groups = " and ".join(_group(truth.customers[number]) for number in numbers)
            confused.append(f"{groups}: are one customer ({customer})")
    strangers = {each.owner for each in said.touchpoints} - owners.keys() - said.unidentified
    differences += [f"customer {customer}: is nobody's" for customer in sorted(strangers)]
    return Customers(
        len(truth.customers), len(owners), differences, _mixed(truth, said), confused, _b_cubed(truth, said)
    )


def _b_cubed(truth: Truth, said: Said) -> float:
    labels = [
        (person.person_id, min(said.customers_of.get(record, ()), default=" ".join(record)))
        for person in truth.people
        for record in person.introduced
    ]
    numbers = [
        {label: at for at, label in enumerate(sorted(set(side)))} for side in zip(*labels, strict=True)
    ]
    if not numbers:
        return 1.0
    true, found = (np.array([numbers[at][row[at]] for row in labels], dtype=np.int64) for at in (0, 1))
    return b_cubed(found, true).f1


def journeys(truth: Truth, said: Said) -> Journeys:
    """A contact is found by its id; a visit or survey by its owner and the moment it began. A touchpoint that the platform gives
    to a customer who is not the person (a call from a shared number) makes no pairs with that person's others."""
    by_contact = {each.contact: each for each in said.touchpoints if each.contact}
    others: dict[str, list[Touchpoint]] = defaultdict(list)
    for each in said.touchpoints:
        if not each.contact:
            others[each.owner].append(each)
    true_groups: Counter[tuple[str, str]] = Counter()
    said_groups: Counter[tuple[str, str]] = Counter()
    both: Counter[tuple[str, str, str]] = Counter()
    not_found = []
    for true in truth.touchpoints:
        if true.contact:
            found, customer = by_contact.get(true.contact), ""
        else:
            customer = min(said.customers_of.get(true.record, ()), default="") if true.record else ""
            found = _nearest(true, others[customer])
        if found is None:
            not_found.append(f"{true.kind} of {true.owner} at {true.start.isoformat()}")
            if customer:
                true_groups[customer, true.journey] += 1
            continue
        true_groups[found.owner, true.journey] += 1
        said_groups[found.owner, found.journey] += 1
        both[found.owner, true.journey, found.journey] += 1
    right = sum(map(_pairs, both.values()))
    return Journeys(
        right,
        sum(map(_pairs, true_groups.values())) - right,
        sum(map(_pairs, said_groups.values())) - right,
        not_found,
    )


def _contacts(touchpoints: Iterable[Touchpoint]) -> dict[ContactKey, list[Touchpoint]]:
    found: dict[ContactKey, list[Touchpoint]] = defaultdict(list)
    for each in touchpoints:
        if each.contact:
            found[each.contact].append(each)
    return found


def _contact_differences(true: Touchpoint, said: Touchpoint) -> list[str]:
    found = []
    if true.channel != said.channel:
        found.append(f"channel is {true.channel}, said {said.channel}")
    if true.contact_ids != said.contact_ids:
        found.append(f"is folded of {', '.join(true.contact_ids)}, said {', '.join(said.contact_ids)}")
    mine = {(leg.contact_id, leg.leg_id): leg for leg in true.legs}
    theirs = {(leg.contact_id, leg.leg_id): leg for leg in said.legs}
    if len(true.legs) != len(said.legs) or mine.keys() != theirs.keys():
        names = [", ".join(leg.leg_id for leg in side.legs) for side in (true, said)]
        return [*found, f"has legs {names[0]}, said {names[1]}"]
    if [leg.leg_id for leg in true.legs] != [leg.leg_id for leg in said.legs]:
        found.append(f"legs are in another order: said {', '.join(leg.leg_id for leg in said.legs)}")
    for key, leg in mine.items():
        for each in fields(Leg):
            name = each.name
            values = getattr(leg, name), getattr(theirs[key], name)
            if name == "hold_s":
                # Nobody put on hold: the truth says 0, and a platform that heard of no hold measured none.
                values = values[0] or 0.0, values[1] or 0.0
            if not _equal(*values):
                found.append(f"leg {leg.leg_id}: {name} is {values[0]}, said {values[1]}")
    return found


def _equal(true: object, said: object) -> bool:
    if isinstance(true, datetime) and isinstance(said, datetime):
        return abs(true - said) <= CLOSE
    if isinstance(true, float | int) and isinstance(said, float | int) and not isinstance(true, bool):
        return abs(true - said) <= CLOSE_S
    return true == said


def _mixed(truth: Truth, said: Said) -> list[str]:
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    for person in truth.people:
        for record in person.records:
            for customer in said.customers_of.get(record, frozenset()):
                members[person.household_id, customer].add(person.person_id)
    return [
        f"household {household}: {' and '.join(sorted(people))} are one customer ({customer})"
        for (household, customer), people in sorted(members.items())
        if len(people) > 1
    ]


def _nearest(true: Touchpoint, candidates: Sequence[Touchpoint]) -> Touchpoint | None:
    """The one of the same kind that covers the moment it began."""
    covering = [
        each
        for each in candidates
        if each.kind == true.kind and each.start - CLOSE <= true.start <= (each.end or each.start) + CLOSE
    ]
    return min(covering, key=lambda each: abs(each.start - true.start), default=None)


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _group(records: Iterable[RecordKey]) -> str:
    return ", ".join(" ".join(record) for record in sorted(records))
