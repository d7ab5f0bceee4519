"""Small worlds of persons whose records are in error, for the laws of the evidence. Nothing in them is anybody's."""

import random
from dataclasses import dataclass

from pathloom_identity.domain.evidence.attributes import Attribute, Kind, standard
from pathloom_identity.domain.evidence.table import Table, table

GIVEN = [
    "robert",
    "william",
    "anna",
    "maria",
    "peter",
    "thomas",
    "laura",
    "julia",
    "simon",
    "edith",
    "hugo",
    "clara",
    "felix",
    "nora",
    "oscar",
    "ruth",
]
SURNAMES = [
    "smith",
    "jones",
    "taylor",
    "brown",
    "walker",
    "hughes",
    "ferrari",
    "okafor",
    "lindqvist",
    "novak",
    "haddad",
    "moreau",
    "castillo",
]
STREETS = [
    "mill lane",
    "station road",
    "church street",
    "park avenue",
    "victoria terrace",
    "harbour view",
    "castle hill",
]
COLUMNS = (
    "given_name",
    "surname",
    "date_of_birth",
    "street",
    "street_number",
    "postcode",
    "city",
    "phone",
    "email",
)


@dataclass(frozen=True)
class World:
    """Rows by column, and who each is."""

    rows: list[dict[str, str]]
    truth: list[int]

    def table(self) -> Table:
        """The rows as a table."""
        values = {attribute_of(name): [row[name] for row in self.rows] for name in COLUMNS}
        return table(len(self.rows), values)


def attribute_of(name: str) -> Attribute:
    """A standard one."""
    return standard(name)


def world(seed: int, persons: int, dirt: float = 0.3) -> World:
    """Persons in homes of one to three, each with one to four records, some with errors."""
    chance = random.Random(seed)
    rows: list[dict[str, str]] = []
    truth: list[int] = []
    person = 0
    while person < persons:
        home = {
            "surname": chance.choice(SURNAMES),
            "street": chance.choice(STREETS),
            "street_number": str(chance.randrange(1, 200)),
            "postcode": f"{chance.randrange(1000, 9999)}",
            "city": chance.choice(["leeds", "york", "hull"]),
            "phone": f"0113{chance.randrange(1000000, 9999999)}",
        }
        for given in chance.sample(GIVEN, chance.randint(1, 3)):
            born = f"{chance.randrange(1930, 2010)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
            mail = f"{given}.{home['surname']}{chance.randrange(100)}@example.org"
            own = {**home, "given_name": given, "date_of_birth": born, "email": mail}
            for _ in range(chance.randint(1, 4)):
                rows.append({name: _dirty(chance, name, own[name], dirt) for name in COLUMNS})
                truth.append(person)
            person += 1
    return World(rows, truth)


def _dirty(chance: random.Random, name: str, value: str, dirt: float) -> str:
    if chance.random() > dirt:
        return value
    if chance.random() < 0.4:
        return ""
    if len(value) < 2:
        return value
    at = chance.randrange(len(value) - 1)
    return value[:at] + value[at + 1] + value[at] + value[at + 2 :]


def records(*rows: dict[str, str], further: dict[str, Attribute] | None = None) -> Table:
    """A table of rows as they are written here; what a row leaves out is not said."""
    names = sorted({name for row in rows for name in row})
    values = {
        (further or {}).get(name) or Attribute(name, Kind(name)): [row.get(name) for row in rows]
        for name in names
    }
    return table(len(rows), values)
