"""Files of persons, read into one table: whole, spelled, in the order of their keys, bad rows by line."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pathloom_identity.adapters.normalisers import normalise
from pathloom_identity.domain.evidence import spelling
from pathloom_identity.domain.evidence.attributes import Attribute, Kind
from pathloom_identity.domain.evidence.table import Table, table

from pathloom_local.errors import LocalError
from pathloom_local.identity.mapping import PersonMap
from pathloom_local.identity.truth import Truth
from pathloom_local.send.expressions import HASH, BadValue, Row, Template, Value, found
from pathloom_local.send.reading import BadFile, check_columns, columns, format_of, rows, with_names


@dataclass(frozen=True, slots=True)
class BadPerson:
    """A row that was left out, and why. No value of the row is in it."""

    file: str
    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file: where, how it is mapped, and which further columns are asked for (a truth, a household)."""

    path: Path
    mapping: PersonMap
    truth: Truth | None = None
    household: str = ""


@dataclass(slots=True)
class Persons:
    """Records in the order of their keys. `keys[i]`, `lines[i]`, `side[i]` (which file) belong to record i; so do
    `truth[i]` and `household[i]` where they were asked for."""

    records: Table
    keys: list[str]
    lines: list[int]
    side: NDArray[np.bool_]
    truth: list[str]
    household: list[str]
    empty: list[int]
    """Records that say nothing usable: they stay alone."""
    bad: list[BadPerson]
    parsing_s: float = 0.0
    """Seconds of the parsers of phone numbers alone."""


@dataclass(slots=True)
class _Rows:
    keys: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    sides: list[bool] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)
    household: list[str] = field(default_factory=list)
    values: dict[Attribute, list[str | None]] = field(default_factory=dict)
    bad: list[BadPerson] = field(default_factory=list)


def read_persons(sources: Sequence[Source]) -> Persons:
    """Raises BadFile and BadMapping before the first row where a mapping does not fit its file."""
    for source in sources:
        check(source)
    attributes = {attribute for source in sources for attribute in source.mapping.attributes}
    found = _Rows(values={attribute: [] for attribute in sorted(attributes)})
    for side, source in enumerate(sources):
        _read(source, bool(side), found)
    if not found.keys:
        raise NoPersons("there is no good row in it")
    return _ordered(found, sources)


class NoPersons(LocalError):
    """Nothing is left to resolve."""


def check(source: Source) -> None:
    """Raises BadFile, naming every column that is asked for and is not there."""
    check_columns(source.path, source.mapping)
    wanted = [name for name in (source.truth.column if source.truth else "", source.household) if name]
    if format_of(source.path, source.mapping.format) != "jsonl":
        there = columns(source.path, source.mapping)
        if missing := [name for name in wanted if name not in there]:
            raise BadFile(f"{source.path}: there is no {' and no '.join(missing)}; it has {', '.join(there)}")


def _read(source: Source, side: bool, into: _Rows) -> None:
    mapping, file = source.mapping, source.path.name
    hashed = HASH in str(mapping.record) + str(list(mapping.attributes.values()))
    columns = [(attribute, value, _column(value)) for attribute, value in mapping.attributes.items()]
    absent = [attribute for attribute in into.values if attribute not in mapping.attributes]
    seen: set[str] = set()
    for row in rows(source.path, mapping):
        if row.problem:
            into.bad.append(BadPerson(file, row.line, row.problem))
            continue
        values = with_names(row) if hashed else row.values
        try:
            # Most attributes are a column as it stands: that needs no template.
            made = [values[name] if name in values else value.value(values) for _, value, name in columns]
            key = _key(mapping, values, row.number, seen)
            person = source.truth.person(values) if source.truth else ""
        except BadValue as error:
            into.bad.append(BadPerson(file, row.line, str(error)))
            continue
        for (attribute, _, _), value in zip(columns, made, strict=True):
            into.values[attribute].append(None if value is None else _text(value))
        for attribute in absent:
            into.values[attribute].append(None)
        into.keys.append(key)
        into.lines.append(row.line)
        into.sides.append(side)
        into.truth.append(person)
        into.household.append(_text(found(values, source.household) or "") if source.household else "")


def _column(value: Value) -> str:
    """The column that the value is, or empty."""
    if isinstance(value, Template) and len(value.parts) == 1 and isinstance(value.parts[0], tuple):
        return value.parts[0][0]
    return ""


def _key(mapping: PersonMap, values: Row, number: int, seen: set[str]) -> str:
    if mapping.record is None:
        return f"{number:012d}"
    key = mapping.record.value(values)
    if key is None:
        raise BadValue("record: is empty, so nothing names the record")
    text = _text(key).strip()
    if text in seen:
        raise BadValue("record: names a record that an earlier row already is")
    seen.add(text)
    return text


def _ordered(found: _Rows, sources: Sequence[Source]) -> Persons:
    """By key, so that the outcome does not depend on the order of the rows."""
    size = len(found.keys)
    order = sorted(range(size), key=lambda at: (found.sides[at], found.keys[at]))
    values = {attribute: [held[at] for at in order] for attribute, held in found.values.items()}
    parsing = _Parsing()
    records = table(size, values, _spellings(values, sources, parsing))
    said = np.zeros(size, dtype=bool)
    for column in records.columns.values():
        said |= column.codes >= 0
    return Persons(
        records,
        [found.keys[at] for at in order],
        [found.lines[at] for at in order],
        np.array([found.sides[at] for at in order], dtype=bool),
        [found.truth[at] for at in order],
        [found.household[at] for at in order],
        np.flatnonzero(~said).tolist(),
        found.bad,
        parsing.seconds,
    )


class _Parsing:
    """Phone numbers by the library of the field, and how long that takes by itself."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def phone(self, region: str, text: str) -> str:
        """E.164 without the plus where the library can read it, else the digits."""
        if not text:
            return ""
        began = time.perf_counter()
        number = normalise("phone", text, region)
        self.seconds += time.perf_counter() - began
        return spelling.phone(number or text)


def _spellings(
    values: dict[Attribute, list[str | None]], sources: Sequence[Source], parsing: _Parsing
) -> dict[str, Callable[[str], str]]:
    mapping = sources[0].mapping
    made: dict[str, Callable[[str], str]] = {
        Kind.PHONE.value: partial(parsing.phone, mapping.region),
        Kind.DATE_OF_BIRTH.value: spelling.date_reader(mapping.date_order),
    }
    return {name: spell for name, spell in made.items() if any(each.name == name for each in values)}


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)
