"""A small upstream world: what people did, and the four feeds that come of it, as the services would write them.

Records a, b, c … each with a customer of its own; merges and un-merges; touchpoints of records, cut into one journey a
goal and customer; contacts with events, bound and re-bound. Every step is one transaction upstream.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pathloom.identity.v1.customers_pb2 import BindingLevel
from pathloom_kit.feeds.cursor import Lane

from .feed_entries import binding, customer, event, household, journey, merged, score, touchpoint, withdrawn

RECORDS = ("a", "b", "c", "d")
CALLS = ("k", "l", "m")
EVENTS = ("Contact Offered", "Contact Queued", "Contact Alerting", "Contact Answered", "Contact Ended")
#: Which records share a value.
HOMES = {"phone": ("a", "b", "c"), "address": ("b", "d")}
Step = tuple[str, int, int]


def named(n: int, version: int, key: str, records: tuple[str, ...]) -> Any:
    """A customer whose name tells its records."""
    return customer(n, version, key, records, phone="+1555", golden={"first_name": "".join(records)})


@dataclass
class World:
    """Feeds by (name, lane): all entries ever written, oldest first."""

    feeds: dict[tuple[str, Lane], list[Any]] = field(default_factory=dict)
    groups: list[set[str]] = field(default_factory=lambda: [{one} for one in RECORDS])
    touchpoints: list[tuple[str, str, int]] = field(default_factory=list)
    bound: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    journeys: dict[str, tuple[str, tuple[str, ...], int]] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    numbers: dict[tuple[str, Lane], int] = field(default_factory=dict)
    time: int = 0

    def write(self, feed: str, lane: Lane, make: Any, key: str) -> Any:
        number = self.numbers[feed, lane] = self.numbers.get((feed, lane), 0) + 1
        self.versions[key] = self.versions.get(key, 0) + 1
        entry = make(number, self.versions[key])
        self.feeds.setdefault((feed, lane), []).append(entry)
        return entry

    def customer_of(self, record: str) -> str:
        group = next(group for group in self.groups if record in group)
        return f"cus_{min(group)}"

    def publish_customers(self, lane: Lane) -> None:
        """Every customer that is not as it was last published."""
        for record in RECORDS:
            group = next(group for group in self.groups if record in group)
            key = f"cus_{record}"
            state = tuple(sorted(group)) if min(group) == record else f"cus_{min(group)}"
            if self.states.get(key) == state:
                continue
            self.states[key] = state
            if isinstance(state, tuple):
                self.write("customers", lane, lambda n, v, k=key, s=state: named(n, v, k, s), key)
            else:
                self.write("customers", lane, lambda n, v, k=key, s=state: merged(n, v, k, s), key)
        for kind, records in HOMES.items():
            ids = tuple(sorted({self.customer_of(record) for record in records}))
            at_home = ids if len(ids) > 1 else ()
            if self.states.get(kind) != at_home:
                self.states[kind] = at_home
                self.write(
                    "customers",
                    lane,
                    lambda n, v, k=kind, i=at_home: household(n, v, *i, kind=k),
                    f"hou {kind}",
                )

    def cut(self, lane: Lane, backwards: bool) -> None:
        """journey-graph's transaction: journeys as they are now, those that are no more withdrawn."""
        held: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for key, record, when in self.touchpoints:
            held.setdefault((self.customer_of(record), when % 2), []).append((key, when))
        now = {}
        for (owner, _), steps in held.items():
            steps.sort(key=lambda step: step[1])
            version = self.versions.get(owner, 0)
            now[f"j_{steps[0][0]}"] = (owner, tuple(key for key, _ in steps), version)
        times = {key: when for key, _, when in self.touchpoints}
        changed = [
            key for key in {**self.journeys, **now} if self.journeys.get(key, ())[:2] != now.get(key, ())[:2]
        ]
        for key in sorted(changed, reverse=backwards):
            if key not in now:
                self.write("journeys", lane, lambda n, v, k=key: withdrawn(n, v, k), key)
                continue
            owner, steps_now, version = now[key]
            made = [touchpoint(one, times[one] * 100) for one in steps_now]
            entry = self.write(
                "journeys",
                lane,
                lambda n, v, k=key, o=owner, m=made, c=version: journey(n, v, k, o, m, customer_version=c),
                key,
            )
            self.write(
                "scores",
                lane,
                lambda n, v, k=key, o=owner, e=entry: score(n, v, k, o, e.version),
                f"score {key}",
            )
        self.journeys = now

    def step(self, step: Step) -> None:
        what, first, second = step
        lane = Lane.BULK if (first + second) % 3 == 0 else Lane.LIVE
        self.time += 1
        if what == "touch":
            self.touchpoints.append((f"t{self.time}", RECORDS[first % 4], self.time))
            self.cut(lane, bool(second % 2))
        elif what == "merge":
            one, other = (next(g for g in self.groups if RECORDS[i % 4] in g) for i in (first, second))
            if one is not other:
                self.groups = [g for g in self.groups if g not in (one, other)] + [one | other]
            self.publish_customers(lane)
            self.cut(lane, bool(second % 2))
        elif what == "split":
            group = next(g for g in self.groups if RECORDS[first % 4] in g)
            if len(group) > 1:
                group.discard(RECORDS[first % 4])
                self.groups.append({RECORDS[first % 4]})
            self.publish_customers(lane)
            self.cut(lane, bool(second % 2))
        elif what == "ring":
            call = CALLS[first % 3]
            name = EVENTS[second % 5]
            when = self.time * 100.0
            self.write(
                "events",
                lane,
                lambda n, v: event(n, name, call, when, event_id=f"ev{self.time}", queue="q"),
                f"{self.time}",
            )
        else:
            call, record = CALLS[first % 3], RECORDS[second % 4]
            level = BindingLevel.BINDING_LEVEL_PROBABLE if second % 5 else BindingLevel.BINDING_LEVEL_NONE
            to = record if second % 5 else ""
            self.write(
                "customers", lane, lambda n, v: binding(n, v, call, bound_to=to, level=level), f"call {call}"
            )


def world(steps: Sequence[Step]) -> World:
    """All of it; the customers stand from the beginning."""
    made = World()
    made.publish_customers(Lane.LIVE)
    for step in steps:
        made.step(step)
    return made


def compact(entries: Sequence[Any], key_of: Any) -> list[Any]:
    """As a compact feed serves it from the start: of each thing only the newest entry of the lane."""
    newest = {key_of(entry): entry for entry in entries}
    return [entry for entry in entries if newest[key_of(entry)] is entry]
