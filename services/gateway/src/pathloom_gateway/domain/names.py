"""Names as people search them: words without case and accents, found by how they begin."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[\W_]+")
MAX_WORDS = 12


def words_of(*names: str) -> list[str]:
    """The different words of names, folded, in order of appearance, at most MAX_WORDS."""
    found: dict[str, None] = {}
    for name in names:
        plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        for word in _NOT_WORD.split(plain.casefold()):
            if word:
                found[word[:64]] = None
    return list(found)[:MAX_WORDS]
