"""Somebody of whom much is told, in every way that the platform takes, bad events among it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SOURCES: dict[str, dict[str, Any]] = {
    "lawcrm": {
        "trust": "TRUST_AUTHORITATIVE",
        "region": "US",
        "identifiers": [
            {"field": "email", "type": "email", "joins": True, "priority": 10},
            {"field": "phone", "type": "phone"},
            {"field": "address", "type": "address"},
        ],
    },
    "lawweb": {
        "default_channel": "web",
        "identifiers": [{"field": "email", "type": "email", "joins": True, "priority": 20}],
    },
    "lawtel": {"default_channel": "voice", "region": "US"},
    "lawsurvey": {
        "default_channel": "survey",
        "identifiers": [{"field": "email", "type": "email", "joins": True, "priority": 30}],
    },
}
Told = tuple[str, dict[str, Any]]
"""The source and the message."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """Everything personal holds the mark, the number excepted; `home` is shared with whoever lives there too."""

    mark: str
    number: str
    """National, ten digits."""
    home: str
    now: datetime

    @property
    def texts(self) -> list[str]:
        """What is looked for."""
        area, exchange, line = self.number[:3], self.number[3:6], self.number[6:]
        return [self.mark, self.number, f"{area}-{exchange}-{line}", f"{area}) {exchange}-{line}"]

    @property
    def email(self) -> str:
        return f"anna.{self.mark}@{self.mark}.example.org"

    @property
    def phone(self) -> str:
        """As a person writes it."""
        return f"({self.number[:3]}) {self.number[3:6]}-{self.number[6:]}"

    @property
    def traits(self) -> dict[str, Any]:
        return {
            "first_name": f"Anna {self.mark}",
            "last_name": f"{self.mark.title()}feather",
            "email": self.email,
            "phone": self.phone,
            "address": self.home,
            "nickname": f"{self.mark} ♥",
        }

    def at(self, days: float) -> str:
        """An instant so many days ago."""
        return (self.now - timedelta(days=days)).isoformat().replace("+00:00", "Z")

    def told(self) -> Iterator[Told]:
        """What is accepted."""
        m, call, chat = self.mark, f"call-{self.mark}", f"chat-{self.mark}"
        user, visitor = {"userId": f"u-{m}"}, {"anonymousId": f"visitor-{m}"}

        def event(source: str, name: str, days: float, who: dict[str, Any], **properties: Any) -> Told:
            message = {"type": "track", "event": name, "messageId": f"m-{m}-{name}-{days}", **who}
            return source, {**message, "timestamp": self.at(days), "properties": properties}

        def identify(source: str, days: float, who: dict[str, Any], traits: dict[str, Any]) -> Told:
            message = {"type": "identify", "messageId": f"i-{m}-{source}-{days}", **who, "traits": traits}
            return source, {**message, "timestamp": self.at(days)}

        yield identify("lawcrm", 9, user, self.traits)
        yield identify("lawweb", 8, {**user, **visitor}, {"email": self.email})
        yield identify("lawsurvey", 8, user, {"email": self.email})
        page = {"type": "page", "name": f"Page of {m}", "properties": {"url": f"https://x.example/?q={m}"}}
        context = {"userAgent": f"agent {m}", "page": {"referrer": f"https://{m}.example"}}
        yield (
            "lawweb",
            {**page, "messageId": f"p-{m}", **visitor, "timestamp": self.at(7.9), "context": context},
        )
        alias = {"type": "alias", "messageId": f"a-{m}", "userId": f"u-{m}", "previousId": f"tablet-{m}"}
        yield "lawweb", {**alias, "timestamp": self.at(7.8)}
        group = {"type": "group", "messageId": f"g-{m}", "groupId": f"group-{m}", "traits": {"name": m}}
        yield "lawcrm", {**group, **user, "timestamp": self.at(7.7)}
        yield event("lawweb", "Search Made", 7.6, visitor, query=f"where is {m}")
        yield event("lawweb", "Self Service Step Failed", 7.5, visitor, step="upload", why=f"no {m}")
        yield event("lawcrm", "Order Placed", 7, user, order_id=f"order-{m}", lines=[{"sku": m}])
        yield event("lawcrm", f"Not in the plan {m}", 6.9, user, **{f"key {m}": m})
        yield event("lawcrm", "Case Opened", 6.8, user, case_id=f"case-{m}", title=f"Appeal of {m}")
        rung = {"contact_id": call, "from_number": f"+1{self.number}"}
        yield event("lawtel", "Contact Offered", 2, {"anonymousId": call}, **rung)
        yield event(
            "lawtel", "IVR Choice Made", 1.999, {}, contact_id=call, leg_id="i", leg_kind="ivr", choice=m
        )
        leg = {"contact_id": call, "leg_id": "g", "leg_kind": "agent", "agent_id": "ag-1"}
        yield event("lawtel", "Contact Answered", 1.998, {}, **leg)
        yield event("lawtel", "Agent Note Added", 1.997, {}, contact_id=call, note=f"{m} cried")
        promised = {"promise_id": f"promise-{m}", "what": f"call {m} back", "due_at": self.at(-2)}
        yield event("lawtel", "Promise Made", 1.996, {}, contact_id=call, **promised)
        yield event("lawtel", "Contact Ended", 1.995, {}, contact_id=call, recording=f"s3://recordings/{m}")
        yield event("lawtel", "Contact Wrapped Up", 1.994, {}, **leg, codes=[f"code {m}"], note=f"note {m}")
        said = {"contact_id": chat, "channel": "chat", "sender": "customer"}
        yield event("lawweb", "Message Sent", 1.5, user, **said, text=f"my form, says {m}")
        yield event("lawweb", "Email Received", 1.4, user, contact_id=f"mail-{m}", channel="email", subject=m)
        about = {
            "survey_id": f"survey-{m}",
            "about": "contact",
            "about_id": call,
            "about_namespace": "lawtel",
        }
        yield event("lawsurvey", "Survey Invited", 1.2, user, **about)
        answer = {"scale": "csat", "scale_min": 1, "scale_max": 5, "value": 2, "verbatim": f"oh {m}"}
        yield event("lawsurvey", "Survey Answered", 1, user, **about, **answer)
        yield event("lawcrm", "Contact Flagged", 0.9, user, flag=f"flag {m}")

    def refused(self) -> Iterator[Told]:
        """What is kept in quarantine."""
        m = self.mark
        user = {"userId": f"u-{m}"}
        track = {"type": "track", "event": "Order Placed"}
        yield "lawcrm", {**track, **user, "messageId": f"q-future-{m}", "timestamp": self.at(-30)}
        reused = {"type": "identify", "messageId": f"i-{m}-lawcrm-9", **user, "traits": {"city": f"New {m}"}}
        yield "lawcrm", reused
        yield "lawcrm", {**track, **user, "messageId": f"q-time-{m}", "timestamp": f"once {m} was born"}
        long = {"text": f"{m} " * 6000}
        yield "lawweb", {"properties": long, **track, **user, "messageId": f"q-long-{m}"}
        longer = {"text": f"{m} " * 12000}
        yield "lawweb", {"properties": longer, **track, **user, "messageId": f"q-longer-{m}"}
        yield "lawcrm", {**track, **user, "properties": {"order_id": f"no id {m}"}}
        yield "lawcrm", {**track, "messageId": f"q-nobody-{m}", "properties": {"email": self.email}}
        yield "lawcrm", {**track, "messageId": f"q-object-{m}", "userId": {"email": self.email, "name": m}}
        wrong = {"contact_id": f"call-{m}", "leg_kind": f"a {m}", "leg_id": "g"}
        yield "lawtel", {**track, "event": "Contact Held", "messageId": f"q-leg-{m}", "properties": wrong}
        other = {"userId": f"not-yet-{m}", "traits": {"email": self.email.upper(), "phone": self.phone}}
        yield "lawcrm", {"type": "identify", **other, "messageId": f"q-other-{m}", "timestamp": self.at(-30)}
