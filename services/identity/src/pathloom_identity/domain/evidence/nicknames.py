"""Which given names are short forms of one another, by the curated list of the package `nicknames`."""

from functools import lru_cache

import numpy as np
from nicknames import NickNamer
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.table import Codes, Words


@lru_cache(maxsize=1)
def _namer() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=65536)
def relatives(text: str) -> frozenset[str]:
    """Names that a person called so may also be called: the full ones, and the other short forms of those."""
    namer = _namer()
    found = set(namer.nicknames_of(text))
    for full in namer.canonicals_of(text):
        found |= {full} | namer.nicknames_of(full)
    return frozenset(found - {text})


class Related:
    """Pairs of words of one vocabulary that are nicknames of each other, or of one name."""

    def __init__(self, texts: list[str]) -> None:
        numbers = {text: at for at, text in enumerate(texts)}
        self._size = len(texts)
        found: set[tuple[int, int]] = set()
        for text, at in numbers.items():
            found.update((at, numbers[other]) for other in relatives(text) if other in numbers)
        pairs = [a * self._size + b for a, b in found]
        pairs += [b * self._size + a for a, b in found]
        self._pairs: NDArray[np.int64] = np.unique(np.array(pairs, dtype=np.int64))

    def related(self, a: Codes, b: Codes) -> NDArray[np.bool_]:
        """Whether each pair of words is one."""
        if not len(self._pairs):
            return np.zeros(len(a), dtype=bool)
        wanted = a.astype(np.int64) * self._size + b
        at = np.minimum(np.searchsorted(self._pairs, wanted), len(self._pairs) - 1)
        found: NDArray[np.bool_] = self._pairs[at] == wanted
        return found


def nickname_codes(words: Words) -> Related:
    """For the words of a table, worked out once."""
    found: Related = words.derived("nicknames", Related)
    return found
