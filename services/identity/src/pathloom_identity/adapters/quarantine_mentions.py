"""What in quarantine speaks of an erased person without naming one of their records: by an identifier of theirs."""

import re
from collections.abc import Collection, Iterable

from pathloom_kit.postgres import RawConnection

from pathloom_identity.domain.identifiers import Identifier

_PAGE = 500
_HELD = "SELECT DISTINCT value FROM identifier WHERE value = ANY($1) AND NOT contact"
_NEXT = "SELECT seq, original FROM quarantine WHERE seq > $1 ORDER BY seq LIMIT $2"
_TELLING = frozenset({"email", "phone", "address", "handle", "device"})
"""Types whose values mean a person wherever they stand. A number of the company's own could be anything in a text."""
_SHORTEST = 6
"""Anything shorter stands in any text."""
_BETWEEN_DIGITS = re.compile(r"(?<=[\d(+])[\s().\-/]+(?=[\d(])")
_NATIONAL = 10


async def forget_mentions(conn: RawConnection, values: Collection[Identifier]) -> None:
    """Deletes what is in quarantine and holds an identifier of an erased person that is nobody else's. Call it once the
    person's records are gone. Reads the whole quarantine: refused events are few, and are kept until they are taken."""
    held = {r["value"] for r in await conn.fetch(_HELD, [each.digest() for each in values])}
    mentions = mentioned(each for each in values if each.digest() not in held)
    if mentions is None:
        return
    after, rows = 0, await conn.fetch(_NEXT, 0, _PAGE)
    while rows:
        found = [r["seq"] for r in rows if mentions(readable(r["original"]))]
        await conn.execute("DELETE FROM quarantine WHERE seq = ANY($1)", found)
        after = rows[-1]["seq"]
        rows = await conn.fetch(_NEXT, after, _PAGE)


class Mentions:
    """Whether a text holds one of the values, in the spellings in which people and systems write them."""

    def __init__(self, words: Iterable[str], numbers: Iterable[str]) -> None:
        self._words = _any_of(words)
        self._numbers = _any_of(numbers, rf"(?<!\d)\d{{0,{_NATIONAL // 2}}}", r"(?!\d)")

    def __call__(self, text: str) -> bool:
        return bool(
            (self._words and self._words.search(text))
            or (self._numbers and self._numbers.search(_BETWEEN_DIGITS.sub("", text)))
        )


def mentioned(values: Iterable[Identifier]) -> Mentions | None:
    """Of those that tell somebody; None when there is none."""
    words, numbers = set(), set()
    for each in values:
        if each.type not in _TELLING or len(each.value) < _SHORTEST:
            continue
        if each.type == "phone":
            # With or without its country: the national part is the longest that every spelling has.
            numbers.add(re.sub(r"\D", "", each.value)[-_NATIONAL:])
        else:
            words.add(each.value.casefold())
    return Mentions(words, numbers) if words or numbers else None


def readable(original: bytes) -> str:
    """As it can be compared; JSON's own escapes undone where they are those of plain characters."""
    text = original.decode("utf-8", "replace").casefold()
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")


def _any_of(
    values: Iterable[str], before: str = r"(?<!\w)", after: str = r"(?!\w)"
) -> re.Pattern[str] | None:
    said = sorted(map(re.escape, values))
    return re.compile(f"{before}(?:{'|'.join(said)}){after}") if said else None
