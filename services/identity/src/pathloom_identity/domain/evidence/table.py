"""Records as columns of numbers: each distinct value is spelled, compared and counted once, however many hold it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.attributes import SPELLINGS, Attribute, Kind

Codes = NDArray[np.int32]
NONE = -1

#: Columns that share their words, because what should stand in one stands in the other now and then.
_SHARED = {
    Kind.GIVEN_NAME: "name",
    Kind.SURNAME: "name",
    Kind.STREET: "place",
    Kind.LOCALITY: "place",
}


class Words:
    """The distinct values of columns that are compared with each other, each with a number."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {"": NONE}
        self.texts: list[str] = []
        self._memo: dict[str, Any] = {}

    def number(self, text: str) -> int:
        """Of a value, a new one where it has none; NONE of the empty text."""
        found = self._number.get(text)
        if found is None:
            found = self._number[text] = len(self.texts)
            self.texts.append(text)
        return found

    def find(self, text: str) -> int:
        """Of a value that may not be there: NONE then."""
        return self._number.get(text, NONE)

    def derived(self, name: str, make: Callable[[list[str]], Any]) -> Any:
        """What is worked out once for all words; only to be asked for when all are in."""
        if name not in self._memo:
            self._memo[name] = make(self.texts)
        return self._memo[name]

    def coded(self, name: str, of: Callable[[str], str]) -> NDArray[np.int32]:
        """A number for `of` each word (NONE where empty); equal texts have equal numbers."""

        def make(texts: list[str]) -> NDArray[np.int32]:
            seen: dict[str, int] = {"": NONE}
            codes = [seen.setdefault(of(text), len(seen) - 1) for text in texts]
            return np.array([*codes, NONE], dtype=np.int32)

        found: NDArray[np.int32] = self.derived(name, make)
        return found

    def array(self) -> NDArray[np.object_]:
        """All of them, for picking many at once."""

        def make(texts: list[str]) -> NDArray[np.object_]:
            made = np.empty(len(texts) + 1, dtype=object)
            made[:-1] = texts
            made[-1] = ""
            return made

        found: NDArray[np.object_] = self.derived("array", make)
        return found


@dataclass(frozen=True, slots=True)
class Column:
    """A number per record into `words`; NONE where the record says nothing."""

    attribute: Attribute
    codes: Codes
    words: Words

    def counts(self) -> NDArray[np.int64]:
        """How many records hold each of the words."""
        held = self.codes[self.codes >= 0]
        return np.bincount(held, minlength=len(self.words.texts)).astype(np.int64)


@dataclass(frozen=True)
class Table:
    """Records by column, in the order in which they were given."""

    size: int
    columns: Mapping[str, Column]
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def of(self, kind: Kind) -> Column | None:
        """The column of a standard kind."""
        return self.columns.get(kind.value)

    @property
    def attributes(self) -> list[Attribute]:
        """Of all columns, in the order of their names."""
        return [self.columns[name].attribute for name in sorted(self.columns)]


def table(
    size: int,
    values: Mapping[Attribute, Sequence[str | None]],
    spellings: Mapping[str, Callable[[str], str]] | None = None,
) -> Table:
    """Columns of raw values as a table. `spellings` by attribute name replaces the kind's own (a date's order, a
    phone parsed by a library). An attribute that no record says anything about is left out."""
    shared: dict[str, Words] = {}
    columns = {}
    for attribute in sorted(values):
        spell = (spellings or {}).get(attribute.name) or SPELLINGS[attribute.kind]
        words = shared.setdefault(_SHARED.get(attribute.kind, attribute.name), Words())
        codes = _codes(values[attribute], spell, words)
        if len(codes) != size:
            raise ValueError(f"{attribute.name}: {len(codes)} values of {size} records")
        if (codes >= 0).any():
            columns[attribute.name] = Column(attribute, codes, words)
    _address(columns)
    return Table(size, columns)


#: The column of street and number together, of records that have a street; the columns it is made of stay, to be
#: compared through it.
ADDRESS = "address"


def _address(columns: dict[str, Column]) -> None:
    street, number = columns.get(Kind.STREET.value), columns.get(Kind.STREET_NUMBER.value)
    if street is None:
        return
    words = Words()
    numbers = number.codes.tolist() if number else [NONE] * len(street.codes)
    seen: dict[tuple[int, int], int] = {}

    def code(pair: tuple[int, int]) -> int:
        if pair[0] < 0:
            return NONE
        found = seen.get(pair)
        if found is None:
            of_street = street.words.texts[pair[0]]
            of_number = number.words.texts[pair[1]] if number and pair[1] >= 0 else ""
            found = seen[pair] = words.number(f"{of_number}|{of_street}")
        return found

    codes = np.fromiter(map(code, zip(street.codes.tolist(), numbers, strict=True)), dtype=np.int32)
    columns[ADDRESS] = Column(Attribute(ADDRESS, Kind.STREET), codes, words)


def _codes(raw: Sequence[str | None], spell: Callable[[str], str], words: Words) -> Codes:
    seen: dict[str | None, int] = {None: NONE}
    for text in dict.fromkeys(raw):
        if text is not None:
            seen[text] = words.number(spell(text))
    return np.array([seen[text] for text in raw], dtype=np.int32)
