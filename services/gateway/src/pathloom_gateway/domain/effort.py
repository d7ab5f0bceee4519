"""What it has cost the customer: minutes waiting, talking and in self-service, contacts, channels."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pathloom.gateway.v1.view_pb2 import Effort
from pathloom.journey_graph.v1.journeys_pb2 import Omitted, Touchpoint, TouchpointKind

_CONTACT = TouchpointKind.TOUCHPOINT_KIND_CONTACT
_COUNTED = (_CONTACT, TouchpointKind.TOUCHPOINT_KIND_VISIT)


@dataclass(slots=True)
class EffortSum:
    """Sums in seconds; `channels` so that journeys can be added without counting one channel twice."""

    waiting_s: float = 0.0
    talking_s: float = 0.0
    self_service_s: float = 0.0
    contacts: int = 0
    not_measured: int = 0
    channels: set[str] = field(default_factory=set)

    def add_touchpoints(self, touchpoints: Iterable[Touchpoint]) -> None:
        """Adds touchpoints: queues, rings and holds are waiting; after-call work is no effort of the customer's."""
        for one in touchpoints:
            if one.kind not in _COUNTED:
                continue
            if one.kind == _CONTACT:
                self.contacts += 1
            if one.channel:
                self.channels.add(one.channel)
            self.waiting_s += one.waiting_s + one.hold_s
            self.talking_s += one.talking_s
            self.self_service_s += one.self_service_s
            measured = (
                one.HasField("waiting_s")
                or one.HasField("talking_s")
                or one.HasField("hold_s")
                or one.HasField("self_service_s")
            )
            if not measured:
                self.not_measured += 1

    def add_omitted(self, omitted: Omitted) -> None:
        """Adds what a bounded journey only counts. Its contacts are not told apart there, so they are not counted."""
        self.waiting_s += omitted.waiting_s + omitted.hold_s
        self.talking_s += omitted.talking_s
        self.self_service_s += omitted.self_service_s
        self.channels.update(omitted.by_channel)

    def add(self, other: "EffortSum") -> None:
        """Adds another sum."""
        self.waiting_s += other.waiting_s
        self.talking_s += other.talking_s
        self.self_service_s += other.self_service_s
        self.contacts += other.contacts
        self.not_measured += other.not_measured
        self.channels |= other.channels

    def to_message(self) -> Effort:
        """In minutes, to a tenth."""
        waiting, talking = self.waiting_s / 60, self.talking_s / 60
        self_service = self.self_service_s / 60
        return Effort(
            minutes=round(waiting + talking + self_service, 1),
            contacts=self.contacts,
            channels=len(self.channels),
            waiting_minutes=round(waiting, 1),
            talking_minutes=round(talking, 1),
            self_service_minutes=round(self_service, 1),
            not_measured=self.not_measured,
        )
