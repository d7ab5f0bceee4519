"""At which level two values agree, for many pairs of records at once.

A comparison has levels, the best first; each pair is at the first that holds. Texts are compared by rapidfuzz
(Jaro-Winkler, Damerau-Levenshtein), names also by the curated list of nicknames; both are cheap because only pairs
that are not equal are looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, DamerauLevenshtein, JaroWinkler
from rapidfuzz.process import cpdist

from pathloom_identity.domain.evidence.attributes import Kind
from pathloom_identity.domain.evidence.nicknames import nickname_codes
from pathloom_identity.domain.evidence.table import ADDRESS, Codes, Column, Table, Words

Levels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
#: The level of a pair of which one says nothing: it is evidence of nothing.
NULL = 255


class Pairs:
    """Pairs of records of one table: `left[k]` with `right[k]`."""

    def __init__(self, records: Table, left: NDArray[np.int64], right: NDArray[np.int64]) -> None:
        self.records, self.left, self.right = records, left, right

    def codes(self, column: Column) -> tuple[Codes, Codes]:
        """What both sides say."""
        return column.codes[self.left], column.codes[self.right]


class _Ladder:
    """Levels being given: what has one already is not looked at again."""

    def __init__(self, a: Codes, b: Codes) -> None:
        self._a, self._b = a, b
        null = (a < 0) | (b < 0)
        self.levels = np.full(len(a), NULL, dtype=np.uint8)
        self.levels[(a == b) & ~null] = 0
        self.open = np.flatnonzero(~null & (a != b))
        self._next = 1

    def pairs(self) -> tuple[Codes, Codes]:
        """The values of `open`."""
        return self._a[self.open], self._b[self.open]

    def skip(self) -> None:
        """A level that nothing can reach here."""
        self._next += 1

    def take(self, holds: Mask) -> None:
        """The next level is where `holds`, which speaks of `open`."""
        if len(self.open):
            self.levels[self.open[holds]] = self._next
            self.open = self.open[~holds]
        self._next += 1

    def rest(self) -> Levels:
        """What is left agrees on nothing."""
        self.levels[self.open] = self._next
        return self.levels


def similarity(words: Words, a: Codes, b: Codes) -> NDArray[np.float64]:
    """Jaro-Winkler of each pair of words, 0 to 1."""
    if not len(a):
        return np.zeros(0)
    texts = words.array()
    return cpdist(texts[a].tolist(), texts[b].tolist(), scorer=JaroWinkler.similarity, dtype=np.float64)


def one_edit(words: Words, a: Codes, b: Codes) -> Mask:
    """Whether the words of each pair are the same but for one letter, or two turned."""
    if not len(a):
        return np.zeros(0, dtype=bool)
    texts = words.array()
    # Of one edit both Damerau-Levenshtein distances say the same, and this one is told three times as fast.
    found = cpdist(texts[a].tolist(), texts[b].tolist(), scorer=OSA.distance, score_cutoff=1, dtype=np.int32)
    close: Mask = np.less_equal(found, 1)
    return close


#: One edit, or as alike as this, is a typing error; as alike as the second, two names that are only similar.
CLOSE, SIMILAR = 0.92, 0.8


def given_name(pairs: Pairs, column: Column) -> Levels:
    """exact, nickname, close, initial, crossed, similar, none."""
    ladder = _Ladder(*pairs.codes(column))
    nicknames = nickname_codes(column.words)
    ladder.take(nicknames.related(*ladder.pairs()))
    return _name(ladder, pairs, column, Kind.SURNAME)


def surname(pairs: Pairs, column: Column) -> Levels:
    """exact, part (one of several names), close, initial, crossed, similar, none."""
    ladder = _Ladder(*pairs.codes(column))
    ladder.take(_share_a_word(column.words, *ladder.pairs()))
    return _name(ladder, pairs, column, Kind.GIVEN_NAME)


def _name(ladder: _Ladder, pairs: Pairs, column: Column, other_kind: Kind) -> Levels:
    words = column.words
    alike = np.zeros(len(ladder.levels))
    alike[ladder.open] = similarity(words, *ladder.pairs())
    ladder.take(_close(words, *ladder.pairs(), alike[ladder.open]))
    ladder.take(_initial(words, *ladder.pairs()))
    _take_crossed(ladder, pairs, words, other_kind)
    ladder.take(alike[ladder.open] >= SIMILAR)
    return ladder.rest()


def _take_crossed(ladder: _Ladder, pairs: Pairs, words: Words, other_kind: Kind) -> None:
    """The next level is where one's value is the other's of another kind."""
    other = pairs.records.of(other_kind)
    if other is None:
        ladder.skip()
        return
    a, b = ladder.pairs()
    c, d = (codes[ladder.open] for codes in pairs.codes(other))
    # Where the other values agree nothing was swapped: Richard Richardson is not the Lisa of that name.
    ladder.take((c != d) & (_same_word(words, a, d) | _same_word(words, b, c)))


def _close(words: Words, a: Codes, b: Codes, alike: NDArray[np.float64] | None = None) -> Mask:
    close: Mask = np.greater_equal(similarity(words, a, b) if alike is None else alike, CLOSE)
    look = np.flatnonzero(~close)
    close[look] = one_edit(words, a[look], b[look])
    return close


def _same_word(words: Words, a: Codes, b: Codes) -> Mask:
    """Both there, and equal or nearly."""
    same: Mask = np.equal(a, b) & (a >= 0)
    look = np.flatnonzero((a >= 0) & (b >= 0) & ~same)
    same[look] = _close(words, a[look], b[look])
    return same


def _share_a_word(words: Words, a: Codes, b: Codes) -> Mask:
    """One of the two has several words, and one of them, of three letters or more, is a word of the other."""
    several = np.array([" " in text for text in words.texts] + [False])
    found = np.zeros(len(a), dtype=bool)
    look = np.flatnonzero(several[a] | several[b])
    for k in look.tolist():
        mine = {word for word in words.texts[a[k]].split() if len(word) > 2}
        found[k] = not mine.isdisjoint(words.texts[b[k]].split())
    return found


def _initial(words: Words, a: Codes, b: Codes) -> Mask:
    """One is the beginning of the other: a letter alone, or the short form of a name."""
    first = words.coded("first", lambda text: text[:1])
    look = np.flatnonzero(first[a] == first[b])
    found = np.zeros(len(a), dtype=bool)
    for k in look.tolist():
        x, y = words.texts[a[k]], words.texts[b[k]]
        found[k] = x.startswith(y) or y.startswith(x)
    return found


def date_of_birth(pairs: Pairs, column: Column) -> Levels:
    """exact, turned (one digit, two digits turned, day and month swapped), parts (two of three agree), near (each
    part a step off), year (within a year or so), none."""
    words = column.words
    parts, days = words.derived("parts", _parts), words.derived("days", _days)
    ladder = _Ladder(*pairs.codes(column))
    a, b = ladder.pairs()
    p, q = parts[a], parts[b]
    turned = (p[:, 0] == q[:, 0]) & (p[:, 1] == q[:, 2]) & (p[:, 2] == q[:, 1])
    look = np.flatnonzero((p == q).any(axis=1) & ~turned)
    turned[look] = one_edit(words, a[look], b[look])
    ladder.take(turned)
    a, b = ladder.pairs()
    ladder.take((parts[a] == parts[b]).sum(axis=1) == 2)
    a, b = ladder.pairs()
    step = np.abs(parts[a] - parts[b])
    ladder.take(np.isin(step[:, 0], _YEAR_STEPS) & (step[:, 1] <= 1) & (step[:, 2] <= 3))
    a, b = ladder.pairs()
    ladder.take(np.abs(days[a] - days[b]) <= 400)
    return ladder.rest()


#: How far years are apart when a digit of one, or of both, is a step off.
_YEAR_STEPS = (0, 1, 9, 10, 11)


def _parts(texts: list[str]) -> NDArray[np.int32]:
    rows = [(int(text[:4]), int(text[4:6]), int(text[6:8])) for text in texts]
    return np.array([*rows, (0, 0, 0)], dtype=np.int32)


def _days(texts: list[str]) -> NDArray[np.int32]:
    """Days, of months of 31: near enough to tell what is about a year apart, and defined for every date."""
    return np.array([int(t[:4]) * 372 + int(t[4:6]) * 31 + int(t[6:8]) for t in texts] + [0], dtype=np.int32)


def address(pairs: Pairs, column: Column) -> Levels:
    """exact (street and number), close (a typing error in the street), crossed (with the locality), turned (an
    error in the number too), street (alone; the number is missing or another), number (alone), none.

    One comparison, because a number says little once the street agrees, and how many live at an address counts for
    both together."""
    table = pairs.records
    a, b = pairs.codes(column)
    at = np.flatnonzero((a >= 0) & (b >= 0))
    levels = np.full(len(a), NULL, dtype=np.uint8)
    number, locality = table.of(Kind.STREET_NUMBER), table.of(Kind.LOCALITY)
    street = table.columns[Kind.STREET.value]
    s, t = (codes[at] for codes in pairs.codes(street))
    same_street = s == t
    close, crossed = same_street.copy(), np.zeros(len(at), dtype=bool)
    look = np.flatnonzero(~same_street)
    close[look] = _close(street.words, s[look], t[look])
    if locality:
        c, d = (codes[at] for codes in pairs.codes(locality))
        look = np.flatnonzero(~close & (c != d))
        crossed[look] = _same_word(street.words, s[look], d[look]) | _same_word(
            street.words, t[look], c[look]
        )
    same_number, named, turned = np.ones(len(at), dtype=bool), crossed & False, crossed & False
    if number:
        n, m = (codes[at] for codes in pairs.codes(number))
        same_number, named = n == m, (n >= 0) & (m >= 0)
        look = np.flatnonzero((close | crossed) & ~same_number & named)
        turned[look] = one_edit(number.words, n[look], m[look])
    # From the last level to the first: a better one takes the place of a worse.
    found = np.full(len(at), 6, dtype=np.uint8)
    found[same_number & named] = 5
    found[close | crossed] = 4
    found[turned] = 3
    found[crossed & same_number] = 2
    found[close & same_number] = 1
    found[same_street & same_number] = 0
    levels[at] = found
    return levels


def place(pairs: Pairs, column: Column) -> Levels:
    """exact, close, crossed (a locality with the street), none."""
    ladder = _Ladder(*pairs.codes(column))
    words = column.words
    ladder.take(_close(words, *ladder.pairs()))
    _take_crossed(ladder, pairs, words, Kind.STREET)
    return ladder.rest()


def text(pairs: Pairs, column: Column) -> Levels:
    """exact, close, similar, none."""
    ladder = _Ladder(*pairs.codes(column))
    ladder.take(similarity(column.words, *ladder.pairs()) >= 0.88)
    ladder.take(similarity(column.words, *ladder.pairs()) >= 0.75)
    return ladder.rest()


def code(pairs: Pairs, column: Column) -> Levels:
    """exact, turned (one edit, or two characters turned), none."""
    ladder = _Ladder(*pairs.codes(column))
    ladder.take(one_edit(column.words, *ladder.pairs()))
    return ladder.rest()


def postcode(pairs: Pairs, column: Column) -> Levels:
    """exact, turned, area (the same but for the last two to three characters), none."""
    ladder = _Ladder(*pairs.codes(column))
    words = column.words
    ladder.take(one_edit(words, *ladder.pairs()))
    area = words.coded("area", postcode_area)
    a, b = ladder.pairs()
    ladder.take((area[a] == area[b]) & (area[a] >= 0))
    return ladder.rest()


def postcode_area(text: str) -> str:
    """What neighbouring postcodes share: all but the last three characters of a British one, the last two of others."""
    return text[:-2] if text.isdigit() else text[:-3]


def phone(pairs: Pairs, column: Column) -> Levels:
    """exact, tail (the last seven digits), turned, none."""
    ladder = _Ladder(*pairs.codes(column))
    words = column.words
    tail = words.coded("tail", lambda text: text[-7:] if len(text) >= 7 else "")
    a, b = ladder.pairs()
    ladder.take((tail[a] == tail[b]) & (tail[a] >= 0))
    ladder.take(one_edit(words, *ladder.pairs()))
    return ladder.rest()


def email(pairs: Pairs, column: Column) -> Levels:
    """exact, user (the part before the @), close, similar, none."""
    ladder = _Ladder(*pairs.codes(column))
    words = column.words
    user = words.coded("user", lambda text: text.partition("@")[0])
    a, b = ladder.pairs()
    ladder.take(user[a] == user[b])
    alike, apart = np.zeros(len(ladder.levels)), np.zeros(len(ladder.levels), dtype=np.int32)
    a, b = ladder.pairs()
    alike[ladder.open] = similarity(words, a, b)
    # A domain that everybody has makes whole addresses alike: the user parts must be, too.
    users = words.derived("users", _users)
    apart[ladder.open] = cpdist(
        users[a].tolist(), users[b].tolist(), scorer=DamerauLevenshtein.distance, dtype=np.int32
    )
    ladder.take((alike[ladder.open] >= 0.92) & (apart[ladder.open] <= 2))
    ladder.take((alike[ladder.open] >= 0.8) & (apart[ladder.open] <= 3))
    return ladder.rest()


def _users(texts: list[str]) -> NDArray[np.object_]:
    made = np.empty(len(texts) + 1, dtype=object)
    made[:] = [text.partition("@")[0] for text in [*texts, ""]]
    return made


def category(pairs: Pairs, column: Column) -> Levels:
    """exact, none."""
    return _Ladder(*pairs.codes(column)).rest()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one kind of column is compared. `levels`, the best first, the last one agreeing on nothing; `by_value`:
    those at which a rare value says more; `agrees`: how many of them, from the first, are an agreement."""

    levels: tuple[str, ...]
    compare: Callable[[Pairs, Column], Levels]
    by_value: tuple[str, ...] = ("exact",)
    agrees: int = 1


COMPARISONS: Mapping[str, Comparison] = {
    "given_name": Comparison(
        ("exact", "nickname", "close", "initial", "crossed", "similar", "none"), given_name, agrees=5
    ),
    "surname": Comparison(
        ("exact", "part", "close", "initial", "crossed", "similar", "none"), surname, ("exact", "close"), 5
    ),
    "date_of_birth": Comparison(
        ("exact", "turned", "parts", "near", "year", "none"), date_of_birth, ("exact",), 5
    ),
    "address": Comparison(
        ("exact", "close", "crossed", "turned", "street", "number", "none"), address, ("exact", "close"), 2
    ),
    "street_number": Comparison(("exact", "turned", "none"), code, agrees=2),
    "locality": Comparison(("exact", "close", "crossed", "none"), place, ("exact", "close"), 3),
    "postcode": Comparison(("exact", "turned", "area", "none"), postcode, agrees=3),
    "city": Comparison(("exact", "close", "similar", "none"), text, ("exact", "close"), 3),
    "phone": Comparison(("exact", "tail", "turned", "none"), phone, agrees=3),
    "email": Comparison(("exact", "user", "close", "similar", "none"), email, agrees=4),
    "text": Comparison(("exact", "close", "similar", "none"), text, ("exact", "close"), 3),
    "code": Comparison(("exact", "turned", "none"), code, agrees=2),
    "category": Comparison(("exact", "none"), category),
}
"""By the name of a column, or the kind of a further attribute. Their names and levels are the model file's."""


def compared(records: Table) -> dict[str, Column]:
    """The columns that are compared, by name, in the order of their names. Street and number are, as one address."""
    inside = {Kind.STREET.value, Kind.STREET_NUMBER.value} if ADDRESS in records.columns else set()
    return {name: records.columns[name] for name in sorted(records.columns) if name not in inside}


def comparison_of(name: str, column: Column) -> str:
    """The key into COMPARISONS for a column."""
    return name if name in COMPARISONS else column.attribute.kind.value


def levels_of(pairs: Pairs) -> dict[str, Levels]:
    """The level of every pair in every column that is compared."""
    return {
        name: COMPARISONS[comparison_of(name, column)].compare(pairs, column)
        for name, column in compared(pairs.records).items()
    }
