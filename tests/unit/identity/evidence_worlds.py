"""Small companies whose records are in error, as events: few blocks stay below the cap, so arrivals cross it all the time."""

import random
from typing import Any

from pathloom_identity.domain.clustering import Decision
from pathloom_identity.domain.events import Event, EventType
from pathloom_identity.domain.records import RecordKey, RecordKind

from tests.unit.identity.identity_worlds import SOURCES, event

_GIVEN = ["Robert", "Bob", "Anna", "Ann", "Maria", "Hugo"]
_SURNAMES = ["Lindqvist", "Okafor", "Smith"]
_BORN = ["1971-06-24", "1990-01-02", "1984-11-30"]
_HOMES = [{"street": "12 Mill Lane", "city": "York"}, {"street": "3 Park Avenue", "city": "Leeds"}]
_SAID = ("first_name", "last_name", "date_of_birth", "address", "phone", "email")


def evidence_world(seed: int, persons: int = 5) -> list[Event]:
    """Each person has one to four records in two namespaces; each is told of once or more, with other words."""
    chance = random.Random(seed)
    found: list[Event] = []
    for person in range(persons):
        own = {
            "first_name": chance.choice(_GIVEN), "last_name": chance.choice(_SURNAMES),
            "date_of_birth": chance.choice(_BORN), "address": chance.choice(_HOMES),
            "phone": f"402-555-01{chance.randrange(30, 36)}", "email": f"p{person}@mail.example.org",
        }  # fmt: skip
        for record in range(chance.randint(1, 4)):
            for _ in range(chance.choice([1, 1, 1, 2, 3])):
                number = len(found)
                source = SOURCES[("crm", "sis", "sis")[record % 3]]
                traits = {name: _in_error(chance, own[name]) for name in _SAID if chance.random() < 0.7}
                found.append(
                    event(
                        number, source, EventType.IDENTIFY, user=f"R{person}-{record}", payload={"traits": traits},
                        at=chance.randint(0, 9), received=chance.randint(10, 19), claimed=False,
                    )
                )  # fmt: skip
    if chance.random() < 0.5 and len(found) > 2:
        taken_back = chance.choice(found)
        found.append(
            event(
                len(found), SOURCES[taken_back.source_id], user=taken_back.user_id, at=9, received=19,
                payload={"properties": {"retracts": taken_back.message_id}},
            )
        )  # fmt: skip
    return found


def evidence_decisions(seed: int, world: list[Event]) -> list[Decision]:
    """A steward's words on some pairs."""
    chance = random.Random(seed)
    keys = sorted({one.record for one in world})
    made: dict[tuple[RecordKey, RecordKey], Decision] = {}
    for _ in range(chance.randint(0, 3)):
        if len(keys) > 1:
            left, right = sorted(chance.sample(keys, 2))
            made[left, right] = Decision(left, right, chance.random() < 0.5)
    return list(made.values())


def person_key(namespace: str, record: str) -> RecordKey:
    """A user's record."""
    return RecordKey(namespace, RecordKind.USER, record)


def _in_error(chance: random.Random, value: Any) -> Any:
    if isinstance(value, str) and chance.random() < 0.15:
        return chance.choice([None, value[:-1], value[1] + value[0] + value[2:]])
    return value
