"""The simulated company: its sources, its history, and the call that rings now, as the public door takes them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pathloom_simulator import Config, Scenario, Sent, Source, Truth, scenario, simulate

from pathloom_local.api.client import PublicApi
from pathloom_local.api.sender import Outgoing

OLD = timedelta(days=1)
"""History older than this goes in the bulk lane."""


def declaration(source: Source) -> dict[str, Any]:
    """As pathloom.identity.v1.Source in JSON."""
    said = asdict(source)
    return {**said, "identifiers": list(said["identifiers"]), "trust": f"TRUST_{source.trust.upper()}"}


async def declare(api: PublicApi, config: Config) -> dict[str, str]:
    """Declare every source of the company and make a key for each; the keys by source id."""
    keys = {}
    for source in config.company.sources:
        await api.put_source(declaration(source))
        _, keys[source.source_id] = await api.create_key(
            f"demo {source.source_id}", ["ingest"], source.source_id
        )
    return keys


class Play:
    """One run of the company: everything before now, then one call as it comes."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.scenario: Scenario = scenario(config)
        self.truth: list[Truth] = []
        self.count = 0
        """Messages made so far."""

    @property
    def call(self) -> str:
        """The id of the call that rings."""
        return self.scenario.contact.root

    def history(self, keys: Mapping[str, str]) -> Iterator[Outgoing]:
        """Every message but those of the call, in order of delivery; the truth is told before the first one."""
        for sent in simulate(self.config, self.truth.append):
            if not self._of_call(sent):
                self.count += 1
                yield Outgoing(
                    keys[sent.source_id], self.config.now - sent.occurred_at > OLD, sent.message, self.count
                )

    def ringing(self, keys: Mapping[str, str], now: datetime) -> tuple[list[Outgoing], timedelta]:
        """The call's messages, the last of which happens at `now`; and by how much later than simulated that is."""
        call = sorted(
            (sent for sent in self.scenario.sent if self._of_call(sent)), key=lambda sent: sent.occurred_ms
        )
        # Whole milliseconds, as the messages have them.
        later = now.replace(microsecond=now.microsecond // 1000 * 1000) - call[-1].occurred_at
        return [Outgoing(keys[sent.source_id], False, _moved(sent, later)) for sent in call], later

    def goes_on(
        self, keys: Mapping[str, str], now: datetime, later: timedelta
    ) -> Iterator[tuple[timedelta, Outgoing]]:
        """The agent answers at `now` and the call ends three minutes later: when, from `now`, each message is to be sent."""
        begin = round((now - later).timestamp() * 1000)
        sent = [*self.scenario.answer(begin), *self.scenario.finish(begin + 180_000)]
        for each in sorted(sent, key=lambda each: each.occurred_ms):
            yield each.occurred_at + later - now, Outgoing(keys[each.source_id], False, _moved(each, later))

    def _of_call(self, sent: Sent) -> bool:
        return bool(sent.message.get("properties", {}).get("contact_id") == self.call)


def _moved(sent: Sent, later: timedelta) -> dict[str, Any]:
    moment = (
        (sent.occurred_at + later).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    return {**sent.message, "timestamp": moment}
