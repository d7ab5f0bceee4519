"""Which pairs of records are worth weighing: those that share one of several rough keys.

A key that many records share says little and costs most, so blocks are capped: a block above the cap is left to the
other keys, and what that leaves out is counted.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.attributes import FURTHER, Attribute, Kind
from pathloom_identity.domain.evidence.table import NONE, Table

Key = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What the cap left out of one rule: blocks, and the pairs in them (some found by another rule all the same)."""

    rule: str
    blocks: int
    pairs: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs `left[k] < right[k]`, each once, sorted; and what was left out."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    left_out: tuple[LeftOut, ...]


_PARTS: dict[str, tuple[Kind, str, Callable[[str], str]]] = {
    "given": (Kind.GIVEN_NAME, "all", lambda t: t),
    "given1": (Kind.GIVEN_NAME, "1", lambda t: t[:1]),
    "given3": (Kind.GIVEN_NAME, "3", lambda t: t[:3]),
    "surname": (Kind.SURNAME, "all", lambda t: t),
    "surname1": (Kind.SURNAME, "1", lambda t: t[:1]),
    "surname3": (Kind.SURNAME, "3", lambda t: t[:3]),
    "dob": (Kind.DATE_OF_BIRTH, "all", lambda t: t),
    "year": (Kind.DATE_OF_BIRTH, "year", lambda t: t[:4]),
    "day": (Kind.DATE_OF_BIRTH, "day", lambda t: "".join(sorted((t[4:6], t[6:8])))),
    "street": (Kind.STREET, "4", lambda t: t[:5]),
    "locality": (Kind.LOCALITY, "4", lambda t: t[:5]),
    "number": (Kind.STREET_NUMBER, "all", lambda t: t),
    "postcode": (Kind.POSTCODE, "all", lambda t: t),
    "city": (Kind.CITY, "all", lambda t: t),
    "phone": (Kind.PHONE, "tail", lambda t: t[-7:]),
    "email": (Kind.EMAIL, "user", lambda t: t.partition("@")[0]),
    "email4": (Kind.EMAIL, "4", lambda t: t[:4]),
    "domain": (Kind.EMAIL, "domain", lambda t: t.partition("@")[2]),
}  # fmt: skip

RULES: tuple[tuple[str, ...], ...] = (
    ("email",),
    ("phone",),
    ("dob",),
    ("given", "surname"),
    ("given3", "surname3"),
    ("surname", "year"),
    ("given", "year"),
    ("given", "day"),
    ("surname", "day"),
    ("street", "number"),
    ("street", "postcode"),
    ("locality", "postcode"),
    ("number", "postcode"),
    ("given", "postcode"),
    ("surname", "postcode"),
    ("given", "street"),
    ("surname", "street"),
    ("given", "city"),
    ("surname", "city"),
    ("given3", "day"),
    ("surname3", "day"),
    ("surname3", "year"),
    ("given1", "postcode"),
    ("year", "postcode"),
    ("day", "postcode"),
    ("year", "email4"),
    ("given1", "email4"),
    ("domain", "given1"),
    ("domain", "surname1"),
)

_NAMED_RULES = tuple(("+".join(rule), rule) for rule in RULES)
_CROSSED = "names in any order"

BlockKey = tuple[str, ...]
"""The name of a rule, then what a record says to it."""


def candidates(records: Table, cap: int, between: NDArray[np.bool_] | None = None) -> Candidates:
    """Pairs that share a key of any rule in a block of at most `cap`. `between` (a side per record): only pairs
    across the sides are wanted, and blocks are measured by their smaller side."""
    found: list[NDArray[np.int64]] = []
    left_out = []
    for rule, key in keys(records):
        pairs, out = _within(rule, key, cap)
        found.append(pairs)
        if out.blocks:
            left_out.append(out)
    size = records.size
    packed = distinct(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    left, right = packed // size, packed % size
    if between is not None:
        across = between[left] != between[right]
        left, right = left[across], right[across]
    return Candidates(left, right, tuple(left_out))


def keys(records: Table) -> list[tuple[str, Key]]:
    """Each rule's key per record, NONE where the record has none. Names that were swapped have the same key."""
    made = []
    for rule in RULES:
        parts = [_part(records, part) for part in rule]
        if all(part is not None for part in parts):
            made.append(("+".join(rule), _joined([p for p in parts if p is not None])))
    for column in records.columns.values():
        if column.attribute.kind is Kind.CODE:
            made.append((column.attribute.name, column.codes.astype(np.int64)))
        if column.attribute.kind is Kind.TEXT:
            for part in ("given", "surname", "year"):
                other = _part(records, part)
                if other is not None:
                    key = _joined([other, column.codes.astype(np.int64)])
                    made.append((f"{part}+{column.attribute.name}", key))
    crossed = _crossed(records)
    if crossed is not None:
        made.append((_CROSSED, crossed))
    return made


def keys_of(said: Iterable[tuple[Attribute, str]]) -> list[BlockKey]:
    """The keys of one record by itself, the most telling rules first: two records share one of these where `keys`
    gives them the same number."""
    texts: dict[Kind, str] = {}
    further: list[tuple[Attribute, str]] = []
    for attribute, text in said:
        if attribute.kind in FURTHER:
            further.append((attribute, text))
        else:
            texts[attribute.kind] = text
    parts = {
        name: part for name, (kind, _, of) in _PARTS.items() if kind in texts and (part := of(texts[kind]))
    }
    made: list[BlockKey] = []
    for attribute, text in further:
        if attribute.kind is Kind.CODE:
            made.append((attribute.name, text))
    for name, rule in _NAMED_RULES:
        found = [parts[part] for part in rule if part in parts]
        if len(found) == len(rule):
            made.append((name, *found))
    for attribute, text in further:
        if attribute.kind is Kind.TEXT:
            made += [
                (f"{part}+{attribute.name}", parts[part], text)
                for part in ("given", "surname", "year")
                if part in parts
            ]
    if "given3" in parts and "surname3" in parts:
        made.append((_CROSSED, *sorted((parts["given3"], parts["surname3"]))))
    return made


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each once, sorted. (By sorting: numpy's own takes several times as long on large arrays.)"""
    ordered = np.sort(numbers)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def _part(records: Table, part: str) -> Key | None:
    kind, name, of = _PARTS[part]
    column = records.of(kind)
    if column is None:
        return None
    codes = column.words.coded(f"block {name}", of)[column.codes]
    return codes.astype(np.int64)


def _joined(parts: Sequence[Key]) -> Key:
    key = parts[0]
    for part in parts[1:]:
        key = np.where((key < 0) | (part < 0), NONE, key * (int(part.max(initial=0)) + 1) + part)
    return key


def _crossed(records: Table) -> Key | None:
    given, surname = records.of(Kind.GIVEN_NAME), records.of(Kind.SURNAME)
    if given is None or surname is None:
        return None
    brief = given.words.coded("block 3", lambda t: t[:3])
    a, b = brief[given.codes].astype(np.int64), brief[surname.codes].astype(np.int64)
    low, high = np.minimum(a, b), np.maximum(a, b)
    return np.where(low < 0, NONE, low * (int(brief.max(initial=0)) + 1) + high)


def _within(rule: str, key: Key, cap: int) -> tuple[NDArray[np.int64], LeftOut]:
    size = len(key)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    order, ordered = order[ordered >= 0], ordered[ordered >= 0]
    if not len(order):
        return np.empty(0, dtype=np.int64), LeftOut(rule, 0, 0)
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    big = lengths > cap
    out = LeftOut(rule, int(big.sum()), int((lengths[big] * (lengths[big] - 1) // 2).sum()))
    found = []
    # All blocks of one length at once: a matrix of their members, and the pairs of its columns.
    for length in np.unique(lengths[(lengths > 1) & ~big]).tolist():
        rows = starts[lengths == length][:, None] + np.arange(length)
        members = np.sort(order[rows], axis=1)
        a, b = np.triu_indices(length, 1)
        found.append((members[:, a] * size + members[:, b]).ravel())
    return (np.concatenate(found) if found else np.empty(0, dtype=np.int64)), out
