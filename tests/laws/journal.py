"""The client's own record of what it sent and what was acknowledged, kept where no killed process can take it along."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.laws.people import Event

Key = tuple[str, str]
"""(source, message id)"""


@dataclass(slots=True)
class Journal:
    """Written before each attempt and after each answer."""

    events: dict[Key, Event] = field(default_factory=dict)
    sent: Counter[Key] = field(default_factory=Counter)
    """How often each was sent, the first time included."""
    acknowledged: set[Key] = field(default_factory=set)
    refused: list[tuple[Key, str]] = field(default_factory=list)
    """Events that the door refused, with its reason: every one here is good, so none may be."""
    answers: Counter[str] = field(default_factory=Counter)
    """How often each status came, or each way in which none came."""

    def sending(self, events: Iterable[Event]) -> None:
        """These are about to leave."""
        for event in events:
            self.events[event.key] = event
            self.sent[event.key] += 1

    def taken(self, events: Iterable[Event]) -> None:
        """These were acknowledged."""
        self.acknowledged.update(event.key for event in events)

    @property
    def unanswered(self) -> set[Key]:
        """Sent and never acknowledged: may be there once, or not."""
        return set(self.sent) - self.acknowledged

    @property
    def resent(self) -> int:
        """How many sendings were repeats."""
        return self.sent.total() - len(self.sent)

    @property
    def people(self) -> list[int]:
        return sorted({event.person for event in self.events.values()})

    def add(self, other: "Journal") -> None:
        """Take over another journal."""
        self.events |= other.events
        self.sent += other.sent
        self.acknowledged |= other.acknowledged
        self.refused += other.refused
        self.answers += other.answers
