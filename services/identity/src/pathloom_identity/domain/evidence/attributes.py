"""What a record can say about a person, and in what kinds."""

from dataclasses import dataclass
from enum import StrEnum

from pathloom_identity.domain.evidence import spelling


class Kind(StrEnum):
    """How an attribute is spelled and compared."""

    GIVEN_NAME = "given_name"
    SURNAME = "surname"
    DATE_OF_BIRTH = "date_of_birth"
    STREET = "street"
    STREET_NUMBER = "street_number"
    LOCALITY = "locality"
    POSTCODE = "postcode"
    CITY = "city"
    PHONE = "phone"
    EMAIL = "email"
    TEXT = "text"
    CODE = "code"
    CATEGORY = "category"


#: Those that any mapping may name without saying a kind: the name is the kind.
STANDARD = tuple(kind for kind in Kind if kind not in (Kind.TEXT, Kind.CODE, Kind.CATEGORY))
#: Kinds of attributes that a mapping names itself.
FURTHER = (Kind.TEXT, Kind.CODE, Kind.CATEGORY)
ADDRESS = (Kind.STREET, Kind.STREET_NUMBER, Kind.LOCALITY, Kind.POSTCODE, Kind.CITY)


@dataclass(frozen=True, slots=True, order=True)
class Attribute:
    """`immutable`: one that a person never changes and that is never mistyped (a matriculation number that a
    system fills in): two different values are two persons, whatever else agrees."""

    name: str
    kind: Kind
    immutable: bool = False


def standard(name: str) -> Attribute:
    """A standard attribute by its name. Raises ValueError."""
    kind = Kind(name)
    if kind in FURTHER:
        raise ValueError(name)
    return Attribute(kind.value, kind)


SPELLINGS = {
    Kind.GIVEN_NAME: spelling.name,
    Kind.SURNAME: spelling.name,
    Kind.DATE_OF_BIRTH: spelling.date_reader("mdy"),
    Kind.STREET: spelling.street,
    Kind.STREET_NUMBER: spelling.code,
    Kind.LOCALITY: spelling.street,
    Kind.POSTCODE: spelling.code,
    Kind.CITY: spelling.words,
    Kind.PHONE: spelling.phone,
    Kind.EMAIL: spelling.email,
    Kind.TEXT: spelling.words,
    Kind.CODE: spelling.code,
    Kind.CATEGORY: spelling.words,
}
