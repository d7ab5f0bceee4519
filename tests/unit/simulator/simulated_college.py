"""What the simulator's tests share: one small run, and an independent reading of its events."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pathloom_simulator import Config, Sent, Truth, college, simulate

NOW = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
OWN_END = {"IVR Exited", "Bot Contained", "Bot Handed Over", "Contact Leg Ended", "Contact Transferred"}


@dataclass(frozen=True)
class Run:
    """Messages in order of delivery, and the truth."""

    config: Config
    sent: list[Sent]
    truth: list[Truth]

    def lines(self, what: str) -> list[Truth]:
        return [line for line in self.truth if line["is"] == what]

    def touchpoints(self, kind: str) -> list[Truth]:
        return [line for line in self.lines("touchpoint") if line["type"] == kind]


@cache
def run(seed: int = 1, touchpoints: int = 1500) -> Run:
    truth: list[Truth] = []
    config = Config(college(), NOW, seed, touchpoints)
    return Run(config, list(simulate(config, truth.append)), truth)


def at(message: Any) -> float:
    return datetime.fromisoformat(message["timestamp"]).timestamp()


def once(sent: list[Sent]) -> list[Sent]:
    """Without repeats, by time of occurrence and then as written."""
    first = {message.message["messageId"]: message for message in sent}
    return sorted(
        first.values(), key=lambda one: (one.occurred_ms, int(one.message["messageId"].split("-")[-1], 16))
    )


@dataclass
class FoldedLeg:
    kind: str
    begin: float
    agent: str = ""
    queue: str = ""
    end: float | None = None
    hold: float = 0.0
    held: float | None = None
    acw: float | None = None
    codes: list[str] = field(default_factory=list)

    def close(self, when: float) -> None:
        if self.end is None:
            self.end = when
            if self.held is not None:
                self.hold, self.held = self.hold + when - self.held, None


def fold_contacts(
    sent: list[Sent], roots: dict[tuple[str, str], str]
) -> dict[tuple[str, str], list[FoldedLeg]]:
    """Legs of each contact (source, root id), folded from the events by the rules of the README and nothing else."""
    legs: dict[tuple[str, str], dict[str, FoldedLeg]] = defaultdict(dict)
    for one in once(sent):
        said = one.message.get("properties", {})
        if "contact_id" not in said:
            continue
        mine = legs[(one.source_id, roots[(one.source_id, said["contact_id"])])]
        name, when = one.message["event"], at(one.message)
        if "leg_id" in said:
            _piece(mine, said, name, when)
        if name == "Contact Ended":
            for leg in mine.values():
                leg.close(when)
    return {key: list(value.values()) for key, value in legs.items()}


def _piece(mine: dict[str, FoldedLeg], said: dict[str, Any], name: str, when: float) -> None:
    if said["leg_id"] not in mine:
        if said["leg_kind"] != "consult":
            for leg in mine.values():
                leg.close(when)
        mine[said["leg_id"]] = FoldedLeg(
            said["leg_kind"], when, said.get("agent_id", ""), said.get("queue", "")
        )
    leg = mine[said["leg_id"]]
    if name == "Contact Held":
        leg.held = when
    elif name == "Contact Resumed" and leg.held is not None:
        leg.hold, leg.held = leg.hold + when - leg.held, None
    elif name == "Contact Wrapped Up":
        leg.acw, leg.codes = said["acw_s"], said["codes"]
    elif name in OWN_END:
        leg.close(when)


def folded_roots(sent: list[Sent]) -> dict[tuple[str, str], str]:
    """The root id of each contact id, from the relations alone."""
    before: dict[tuple[str, str], str] = {}
    known: set[tuple[str, str]] = set()
    for one in sent:
        said = one.message.get("properties", {})
        if "contact_id" not in said:
            continue
        known.add((one.source_id, said["contact_id"]))
        if said.get("relation", "callback_of") != "callback_of":
            before[(one.source_id, said["contact_id"])] = said["related_contact_id"]
    roots = {}
    for source, contact in known:
        root = contact
        while (source, root) in before:
            root = before[(source, root)]
        roots[(source, contact)] = root
    return roots
