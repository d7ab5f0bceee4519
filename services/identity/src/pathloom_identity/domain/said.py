"""What a record says about a person: one spelled value for each attribute, from what trusted sources say of it."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pathloom_identity.domain.evidence import spelling
from pathloom_identity.domain.evidence.attributes import SPELLINGS, Attribute, Kind, standard
from pathloom_identity.domain.identifiers import Normalise
from pathloom_identity.domain.record_state import RecordState, Value
from pathloom_identity.domain.records import Trust
from pathloom_identity.domain.sources import Source

Said = tuple[tuple[Attribute, str], ...]
"""Attributes, in their order, with what is said, never empty."""

_PERSON = frozenset({Kind.GIVEN_NAME, Kind.SURNAME, Kind.DATE_OF_BIRTH})
#: Longer than anything a person is called; comparing costs with the square of it.
MAX_TEXT = 256
#: Fields that are these attributes in everybody's data (case, `_` and `-` aside).
_FIELDS: Mapping[str, Kind] = {
    "firstname": Kind.GIVEN_NAME, "givenname": Kind.GIVEN_NAME, "forename": Kind.GIVEN_NAME,
    "lastname": Kind.SURNAME, "surname": Kind.SURNAME, "familyname": Kind.SURNAME,
    "dateofbirth": Kind.DATE_OF_BIRTH, "birthdate": Kind.DATE_OF_BIRTH, "birthday": Kind.DATE_OF_BIRTH,
    "dob": Kind.DATE_OF_BIRTH,
    "address": Kind.STREET, "street": Kind.STREET, "streetaddress": Kind.STREET, "addressline1": Kind.STREET,
    "streetnumber": Kind.STREET_NUMBER, "housenumber": Kind.STREET_NUMBER,
    "suburb": Kind.LOCALITY, "district": Kind.LOCALITY, "locality": Kind.LOCALITY,
    "postcode": Kind.POSTCODE, "postalcode": Kind.POSTCODE, "zip": Kind.POSTCODE, "zipcode": Kind.POSTCODE,
    "city": Kind.CITY, "town": Kind.CITY,
    "phone": Kind.PHONE, "phonenumber": Kind.PHONE, "mobile": Kind.PHONE,
    "email": Kind.EMAIL, "emailaddress": Kind.EMAIL,
}  # fmt: skip
_ADDRESS = "address"
#: Identifier types that a source's own field for them makes evidence, too.
_TYPES = {"phone": Kind.PHONE, "email": Kind.EMAIL}
_STANDARD = {kind: standard(kind) for kind in _FIELDS.values()}


def said_of(state: RecordState, sources: Mapping[str, Source], normalise: Normalise) -> Said:
    """What is said of a person's record. Of several values for an attribute the golden one counts: trust, then latest
    said. What is only claimed says nothing: it must join nobody."""
    best: dict[Attribute, tuple[tuple[object, ...], str]] = {}
    for (field, source_id), value in state.values.items():
        source = sources.get(source_id)
        if source is None or value.text is None or value.trust is Trust.CLAIMED:
            continue
        for attribute, text in _read(field, value.text, source, normalise):
            rank = _rank(value, field, source_id)
            if text and (attribute not in best or best[attribute][0] < rank):
                best[attribute] = rank, text
    return tuple((attribute, best[attribute][1]) for attribute in sorted(best))


def is_quiet(said: Said) -> bool:
    """Whether it hardly says who somebody is: of given name, surname and date of birth at most one."""
    return sum(1 for attribute, _ in said if attribute.kind in _PERSON) < 2


def _rank(value: Value, field: str, source_id: str) -> tuple[object, ...]:
    return value.trust, value.stamp, field, source_id


def _read(field: str, text: str, source: Source, normalise: Normalise) -> Iterator[tuple[Attribute, str]]:
    kind = _kind(field, source)
    if kind is None:
        return
    parts = _parts(text) if kind is Kind.STREET and text.startswith("{") else None
    if parts is None:
        yield _STANDARD[kind], _spelled(kind, text, source.region, normalise)
        return
    for name, part in parts.items():
        inside = _default(name)
        if inside is not None and isinstance(part, str | int):
            yield _STANDARD[inside], _spelled(inside, str(part), source.region, normalise)


def _kind(field: str, source: Source) -> Kind | None:
    """By the source's own rule for the field, where it has one for it, else by its name."""
    for rule in source.identifiers:
        if rule.field == field and rule.type in _TYPES:
            return _TYPES[rule.type]
    return _default(field)


@lru_cache(maxsize=4096)
def _default(field: str) -> Kind | None:
    return _FIELDS.get(field.replace("_", "").replace("-", "").casefold())


def _parts(text: str) -> Mapping[str, Any] | None:
    """An address that is an object, as the tracking SDKs send it."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


@lru_cache(maxsize=65536)
def _plain(kind: Kind, text: str) -> str:
    return SPELLINGS[kind](text)


def _spelled(kind: Kind, text: str, region: str, normalise: Normalise) -> str:
    text = text[:MAX_TEXT]
    if kind is Kind.PHONE:
        return spelling.phone(normalise("phone", text, region) or text)
    return _plain(kind, text)
