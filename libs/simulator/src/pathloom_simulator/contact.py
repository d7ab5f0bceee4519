"""One contact, said event by event and remembered leg by leg: what README.md promises about legs is done here."""

from dataclasses import dataclass, field
from typing import Any

from pathloom_simulator.scribe import Scribe
from pathloom_simulator.values import iso

# Legs that do not move the customer on: they run beside the leg that they serve.
BESIDE = frozenset({"consult", "conference"})
LETTERS = {"ivr": "i", "bot": "b", "queue": "q", "alert": "a", "agent": "g", "consult": "k"}


@dataclass(slots=True)
class Leg:
    """A leg as it truly was, in milliseconds; `end` is 0 while it lasts."""

    kind: str
    leg_id: str
    contact_id: str
    start: int
    end: int = 0
    channel: str = ""
    queue: str = ""
    department: str = ""
    agent_id: str = ""
    level: str = ""
    hold: int = 0
    held_since: int = 0
    acw_s: float | None = None
    codes: tuple[str, ...] = ()
    unanswered: bool = False

    def said(self) -> dict[str, str]:
        """What every event of the leg says about it."""
        said = {
            "leg_id": self.leg_id,
            "leg_kind": self.kind,
            "channel": self.channel,
            "queue": self.queue,
            "department": self.department,
            "agent_id": self.agent_id,
            "level": self.level,
        }
        return {name: value for name, value in said.items() if value}

    def truth(self) -> dict[str, Any]:
        """The leg as a part of a line of the truth; times in seconds, null where they do not apply."""
        lasted = (self.end - self.start) / 1000 if self.end else None
        talks = self.kind in ("agent", "consult")
        return {
            "kind": self.kind,
            "leg_id": self.leg_id,
            "contact_id": self.contact_id,
            "queue": self.queue,
            "department": self.department,
            "agent_id": self.agent_id,
            "start": iso(self.start),
            "end": iso(self.end) if self.end else None,
            "wait_s": lasted if self.kind in ("queue", "alert") else None,
            "talk_s": lasted - self.hold / 1000 if talks and lasted is not None else None,
            "hold_s": self.hold / 1000 if talks else None,
            "acw_s": self.acw_s,
            "codes": list(self.codes),
            "unanswered": self.unanswered,
        }


@dataclass(slots=True)
class Contact:
    """A contact that grows. `channel` is that of legs that are neither ivr nor bot."""

    scribe: Scribe
    source_id: str
    contact_id: str
    channel: str
    direction: str = "inbound"
    user: str = ""
    anonymous: str = ""
    own_leg_ids: bool = False
    base: dict[str, Any] = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    root: str = ""
    contact_ids: list[str] = field(default_factory=list)
    link: dict[str, str] = field(default_factory=dict)
    begun: int = 0
    ended: int = 0
    outcome: str = ""
    offered: int = 0
    answered: int = 0
    named_by: str = "nothing"
    hinted: bool = False

    def __post_init__(self) -> None:
        self.root = self.root or self.contact_id
        self.contact_ids.append(self.contact_id)

    def event(self, ms: int, name: str, leg: Leg | None = None, **properties: Any) -> None:
        """One event of the contact, of a leg where one is given."""
        self.begun = self.begun or ms
        said: dict[str, Any] = {
            "contact_id": leg.contact_id if leg else self.contact_id,
            "channel": self.channel,
        }
        said |= self.base | (leg.said() if leg else {}) | properties
        said["direction"] = self.direction
        if self.link and said["contact_id"] == self.link["contact_id"]:
            said |= {"related_contact_id": self.link["to"], "relation": self.link["relation"]}
        if "stated_reason" in properties or "intent" in properties or properties.get("hint"):
            self.hinted = True
        self.scribe.track(self.source_id, ms, name, said, self.user, self.anonymous)

    def begin(self, ms: int, kind: str, name: str, leg_channel: str = "", **properties: Any) -> Leg:
        """Begins a leg with its first event; ends the leg before, unless this one runs beside it."""
        if kind not in BESIDE:
            self._close(ms)
        leg = Leg(
            kind,
            f"{LETTERS[kind]}{len(self.legs) + 1}",
            self.contact_id,
            ms,
            channel=leg_channel or self.channel,
            queue=properties.pop("queue", ""),
            department=properties.pop("department", ""),
            agent_id=properties.pop("agent_id", ""),
            level=properties.pop("level", ""),
        )
        self.legs.append(leg)
        self.event(ms, name, leg, **properties)
        if kind == "agent" and not self.answered:
            self.answered = ms
        return leg

    def finish(self, ms: int, leg: Leg, name: str, **properties: Any) -> None:
        """The leg's own end."""
        self.event(ms, name, leg, **properties)
        leg.end = ms

    def hold(self, ms: int, leg: Leg) -> None:
        """The customer is put on hold."""
        leg.held_since = ms
        self.event(ms, "Contact Held", leg)

    def resume(self, ms: int, leg: Leg) -> None:
        """The hold is over."""
        leg.hold += ms - leg.held_since
        leg.held_since = 0
        self.event(ms, "Contact Resumed", leg)

    def new_id(self, contact_id: str, relation: str) -> None:
        """From here the platform speaks of the contact under another id."""
        self.link = {"contact_id": contact_id, "to": self.contact_id, "relation": relation}
        self.contact_id = contact_id
        self.contact_ids.append(contact_id)

    def end(self, ms: int, outcome: str, ended_by: str, **properties: Any) -> None:
        """The contact is over; `outcome` is the truth, of which the platform says only what it can know."""
        self.event(ms, "Contact Ended", None, ended_by=ended_by, **properties)
        self._close(ms)
        self.ended, self.outcome = ms, outcome

    def wrap(self, ms: int, leg: Leg, since: int, codes: tuple[str, ...], **properties: Any) -> None:
        """After-call work of a handling, done at `ms`."""
        leg.acw_s, leg.codes = (ms - since) / 1000, codes
        self.hinted = self.hinted or any(not code.startswith("GEN-") for code in codes)
        self.event(ms, "Contact Wrapped Up", leg, codes=list(codes), acw_s=leg.acw_s, **properties)

    def truth_channel(self) -> str:
        """Of the first leg that is neither ivr nor bot; contained there, of that leg."""
        for leg in self.legs:
            if leg.kind not in ("ivr", "bot"):
                return self.channel
        return self.legs[0].kind if self.legs else self.channel

    def truth(self, journey: str) -> dict[str, Any]:
        """The line of the truth."""
        source = self.scribe.company.source(self.source_id)
        for leg in self.legs:
            if leg.kind == "queue" and leg.end:
                leg.unanswered = not any(
                    other.kind == "agent" and other.start >= leg.end for other in self.legs
                )
        return {
            "is": "touchpoint",
            "type": "contact",
            "journey": journey,
            "source": self.source_id,
            "namespace": source.namespace,
            "contact_id": self.root,
            "contact_ids": self.contact_ids,
            "channel": self.truth_channel(),
            "direction": self.direction,
            "start": iso(self.begun),
            "end": iso(self.ended) if self.ended else None,
            "outcome": self.outcome or "ongoing",
            "named_by": self.named_by,
            "hinted": self.hinted,
            "legs": [leg.truth() for leg in self.legs],
        }

    def _close(self, ms: int) -> None:
        for leg in self.legs:
            if not leg.end:
                if leg.held_since:
                    leg.hold += ms - leg.held_since
                    leg.held_since = 0
                leg.end = ms
