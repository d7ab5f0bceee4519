"""Writes what the company's systems send about one person, and the truth about it in the same stroke."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pathloom_simulator.chance import Chance
from pathloom_simulator.people import Person
from pathloom_simulator.values import Company, Delivery, Sent, Source, Truth, iso

# What systems write where they know nothing; such a value joins nobody.
PLACEHOLDERS = ("0000000", "null", "unknown")


@dataclass(slots=True)
class RecordTruth:
    """A record of a person: what joins it to others, as (type, namespace, value), and whether an event named it."""

    joins: set[tuple[str, str, str]] = field(default_factory=set)
    finds: set[tuple[str, str, str]] = field(default_factory=set)
    named: bool = False


@dataclass(slots=True)
class Scribe:
    """One person's messages and truth. Nothing that would happen after `now_ms` is written."""

    company: Company
    person: Person
    chance: Chance
    run: str
    now_ms: int
    delivery: Delivery
    sent: list[Sent] = field(default_factory=list)
    truth: list[Truth] = field(default_factory=list)
    records: dict[tuple[str, str, str], RecordTruth] = field(default_factory=dict)
    serial: int = 0

    def new_id(self, prefix: str) -> str:
        """An id that no other person and no other run has."""
        self.serial += 1
        return f"{prefix}-{self.run}-{self.person.person_id[1:]}-{self.serial:x}"

    def track(
        self,
        source_id: str,
        ms: int,
        name: str,
        properties: dict[str, Any],
        user: str = "",
        anonymous: str = "",
    ) -> bool:
        """Something happened; false where it has not happened yet."""
        return self._send(
            source_id, "track", ms, user, anonymous, {"event": name, "properties": properties}, properties
        )

    def page(
        self,
        source_id: str,
        ms: int,
        name: str,
        properties: dict[str, Any],
        user: str = "",
        anonymous: str = "",
    ) -> bool:
        """A page was viewed."""
        return self._send(
            source_id, "page", ms, user, anonymous, {"name": name, "properties": properties}, properties
        )

    def identify(
        self, source_id: str, ms: int, traits: dict[str, Any], user: str, anonymous: str = ""
    ) -> bool:
        """What a system knows about the person."""
        return self._send(source_id, "identify", ms, user, anonymous, {"traits": traits}, traits)

    def tell(self, line: Truth) -> None:
        """A line of the truth about this person."""
        self.truth.append({**line, "person": self.person.person_id})

    def person_truth(self) -> Truth:
        """Who is who: the person's records and the identifiers that join them."""
        return {
            "is": "person",
            "person": self.person.person_id,
            "household": self.person.household_id,
            "role": self.person.role,
            "records": [
                {
                    "namespace": namespace,
                    "kind": kind,
                    "id": record_id,
                    "named": truth.named,
                    "joins": [list(value) for value in sorted(truth.joins)],
                    "finds": [list(value) for value in sorted(truth.finds)],
                }
                for (namespace, kind, record_id), truth in sorted(self.records.items())
            ],
        }

    def _send(
        self,
        source_id: str,
        method: str,
        ms: int,
        user: str,
        anonymous: str,
        body: dict[str, Any],
        values: dict[str, Any],
    ) -> bool:
        if ms > self.now_ms:
            return False
        source = self.company.source(source_id)
        self._remember(source, user, anonymous, values)
        message: dict[str, Any] = {
            "messageId": self.new_id("m"),
            "type": method,
            **body,
            "timestamp": iso(ms),
        }
        if user:
            message["userId"] = user
        if anonymous:
            message["anonymousId"] = anonymous
        self.sent.extend(self._deliver(Sent(source_id, method, message, ms)))
        return True

    def _deliver(self, sent: Sent) -> Iterable[Sent]:
        """Most at once; some a little or much later; some twice. Never later than now."""
        rules, draw = self.delivery, self.chance.generator.random()
        if draw >= rules.late + rules.shuffled + rules.repeated:
            return (sent,)
        most = rules.late_s if draw < rules.late else rules.shuffled_s
        room = (self.now_ms - sent.occurred_ms) / 1000
        delayed = Sent(
            sent.source_id,
            sent.method,
            sent.message,
            sent.occurred_ms,
            min(round(self.chance.between(0, most), 3), room),
        )
        return (sent, delayed) if draw >= rules.late + rules.shuffled else (delayed,)

    def _remember(self, source: Source, user: str, anonymous: str, values: dict[str, Any]) -> None:
        kind, record_id = ("user", user) if user else ("anonymous", anonymous)
        if not record_id:
            return
        record = self.records.setdefault((source.namespace, kind, record_id), RecordTruth())
        record.named = True
        if user:
            own_type = source.user_id_type or "user_id"
            record.joins.add((own_type, "" if source.user_id_type else source.namespace, user))
        if anonymous:
            record.joins.add(("anonymous_id", source.namespace, anonymous))
            if user:
                other = self.records.setdefault((source.namespace, "anonymous", anonymous), RecordTruth())
                other.joins.add(("anonymous_id", source.namespace, anonymous))
        for rule in source.identifiers:
            value = values.get(rule.field)
            if isinstance(value, str) and value and value not in PLACEHOLDERS:
                entry = (rule.type, source.namespace if rule.namespaced else "", value)
                (record.joins if rule.joins and source.trust != "claimed" else record.finds).add(entry)
