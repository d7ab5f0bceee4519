"""What a record says about a person: one spelled value for each attribute, from what trusted sources say of it."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

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
    best: dict[str, tuple[tuple[object, ...], Attribute, str]] = {}
    for (field, source_id), value in state.values.items():
        source = sources.get(source_id)
        if source is None or value.text is None or value.trust is Trust.CLAIMED:
            continue
        for attribute, text in _read(field, value.text, source, normalise):
            rank = _rank(value, field, source_id)
            if text and (attribute.name not in best or best[attribute.name][0] < rank):
                best[attribute.name] = rank, attribute, text
    return tuple((attribute, text) for _, attribute, text in (best[name] for name in sorted(best)))


def is_quiet(said: Said) -> bool:
    """Whether it hardly says who somebody is: of given name, surname and date of birth at most one."""
    return sum(1 for attribute, _ in said if attribute.kind in _PERSON) < 2


def _rank(value: Value, field: str, source_id: str) -> tuple[object, ...]:
    return value.trust, value.stamp, field, source_id


def _read(field: str, text: str, source: Source, normalise: Normalise) -> Iterator[tuple[Attribute, str]]:
    rule = _rule(field, source)
    attribute = rule.attribute
    if attribute is None:
        return
    parts = _parts(text) if attribute.kind is Kind.STREET and text.startswith("{") else None
    if parts is None:
        yield attribute, _spelled(attribute.kind, text, rule.date_order, source.region, normalise)
        return
    for name, part in parts.items():
        inside = _default(name)
        if inside is not None and isinstance(part, str | int):
            yield _STANDARD[inside], _spelled(inside, str(part), "", source.region, normalise)


class _Rule(NamedTuple):
    attribute: Attribute | None
    date_order: str = ""


@lru_cache(maxsize=4096)
def _rule(field: str, source: Source) -> _Rule:
    """By the source's own rule for the field, where it has one, else by its name."""
    for own in source.attributes:
        if own.field == field:
            if not own.attribute:
                return _Rule(None)
            kind = Kind(own.kind or own.attribute)
            return _Rule(Attribute(own.attribute, kind, own.immutable), own.date_order)
    for identifier in source.identifiers:
        if identifier.field == field and identifier.type in _TYPES:
            return _Rule(_STANDARD[_TYPES[identifier.type]])
    kind_named = _default(field)
    return _Rule(_STANDARD[kind_named] if kind_named else None)


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
def _plain(kind: Kind, text: str, date_order: str) -> str:
    spell = spelling.date_reader(date_order) if date_order else SPELLINGS[kind]
    return spell(text)


def _spelled(kind: Kind, text: str, date_order: str, region: str, normalise: Normalise) -> str:
    text = text[:MAX_TEXT]
    if kind is Kind.PHONE:
        return spelling.phone(normalise("phone", text, region) or text)
    return _plain(kind, text, date_order if kind is Kind.DATE_OF_BIRTH else "")
