"""A small simulated company, always the same within one session, and what a platform makes of it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pathloom_local.api.sender import Batch, Outgoing, encoded
from pathloom_local.demo.compare import Comparison, compare
from pathloom_local.demo.history import Play, declare
from pathloom_local.demo.said import said_by
from pathloom_local.demo.truth import identifiers_of, truth_of
from pathloom_local.demo.values import ContactKey, RecordKey
from pathloom_simulator import Config, college

from tests.laws.running import Running

IN_A_BATCH = 40


@dataclass(slots=True)
class Company:
    """Everything one company's systems send. Two of different seeds share student numbers, so the second changes
    people whom the first has told of."""

    now: datetime
    seed: int
    touchpoints: int
    later: timedelta = field(default=timedelta())
    play: Play = field(init=False)

    def __post_init__(self) -> None:
        self.play = Play(Config(college(), self.now, self.seed, self.touchpoints))

    async def keys(self, running: Running) -> dict[str, str]:
        """Declares the sources; a key for each."""
        return await declare(running.api, self.play.config)

    def sent(self, keys: Mapping[str, str]) -> list[Outgoing]:
        """Every message with its key, the call that rings at the end."""
        self.play.truth.clear()
        history = list(self.play.history(keys))
        ringing, self.later = self.play.ringing(keys, self.now)
        return [*history, *ringing]

    @property
    def identifiers(self) -> dict[RecordKey, tuple[str, str, str]]:
        """Of each record that an event named, the identifier that its own id is; once sent."""
        types = {source.namespace: source.user_id_type for source in self.play.config.company.sources}
        return identifiers_of(self.play.truth, types)

    @property
    def contacts(self) -> set[ContactKey]:
        """Every contact that is told of, by its root."""
        return {each.contact for each in truth_of(self.play.truth).touchpoints if each.contact}

    async def compared(self, running: Running) -> Comparison:
        """The demo's own comparison with the truth, read at the last door."""
        said = await said_by(running.doors[-1], self.identifiers)
        return compare(truth_of(self.play.truth, {self.play.call: self.later}), said)


def nudges(company: Company, keys: Mapping[str, str], number: int) -> list[Outgoing]:
    """Some visitors of the portal of whom nothing else is known: something for every service to do."""
    at = company.now.isoformat().replace("+00:00", "Z")
    return [
        Outgoing(
            keys["portal"],
            bulk,
            {
                "type": "page",
                "messageId": f"{who}-page",
                "anonymousId": who,
                "name": "Welcome",
                "timestamp": at,
            },
        )
        for who, bulk in ((f"nudge-{number}-{n}", bool(n % 2)) for n in range(6))
    ]


def now() -> datetime:
    """Whole minutes: what both platforms are told is then the same to the last digit."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


async def deliver(running: Running, outgoing: Sequence[Outgoing]) -> None:
    """In small batches, in turns through every door at once; some batches go through two doors."""

    async def through(door: int) -> None:
        for number, batch in enumerate(_batches(outgoing)):
            if number % len(running.doors) == door or number % 7 == door:
                taken = await running.doors[door].batch(batch.body, batch.key, batch.bulk)
                assert not taken.errors, taken.errors[0]

    await asyncio.gather(*(through(door) for door in range(len(running.doors))))


def _batches(outgoing: Sequence[Outgoing]) -> Iterator[Batch]:
    filling: dict[tuple[str, bool], Batch] = {}
    for each in outgoing:
        batch = filling.setdefault((each.key, each.bulk), Batch(each.key, each.bulk))
        batch.add(encoded(each.message), each.mark)
        if len(batch.events) == IN_A_BATCH:
            yield filling.pop((each.key, each.bulk))
    yield from filling.values()
