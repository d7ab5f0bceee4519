"""One spelling for what people write in many: names, dates, streets, postcodes, phones, e-mail addresses.

Only what never tells two persons apart is taken away: case, accents, punctuation, the order and abbreviation of
words that every address has. An error stays in; comparing is what forgives it.
"""

import re
import unicodedata
from collections.abc import Callable

_NOT_WORD = re.compile(r"[^\w]+|_").sub
_NOT_DIGIT = re.compile(r"\D+").sub
_NOT_ALNUM = re.compile(r"[\W_]+").sub
_APOSTROPHE = re.compile(r"['’`´]").sub
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th", "ı": "i"})
_PREFIXES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "lady", "herr", "frau"})
_NOTHING = frozenset(
    {
        "",
        "na",
        "n a",
        "nan",
        "none",
        "null",
        "nil",
        "unknown",
        "unbekannt",
        "undefined",
        "missing",
        "test",
        "xxx",
    }
)
_STREET = {
    "street": "st", "saint": "st", "road": "rd", "avenue": "ave", "av": "ave", "drive": "dr", "lane": "ln",
    "court": "ct", "crt": "ct", "place": "pl", "boulevard": "blvd", "circuit": "cct", "circle": "cir",
    "crescent": "cres", "close": "cl", "terrace": "tce", "parade": "pde", "highway": "hwy", "parkway": "pkwy",
    "square": "sq", "trail": "trl", "way": "wy", "north": "n", "south": "s", "east": "e", "west": "w",
    "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw", "apartment": "apt", "unit": "apt",
    "strasse": "str", "straße": "str",
}  # fmt: skip
_ISO_DATE = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:[T ].*)?$").match
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})$").match
_OTHER_DATE = re.compile(r"(\d{1,2})\D(\d{1,2})\D(\d{4})$").match


def plain(text: str) -> str:
    """Lower case, without accents, words apart by one space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
        text = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(_NOT_WORD(" ", _APOSTROPHE("", text.casefold())).split())


def name(text: str) -> str:
    """A given name or surname; titles before it are dropped. Empty where it says nothing."""
    words = plain(text).split()
    while len(words) > 1 and words[0] in _PREFIXES:
        words = words[1:]
    made = " ".join(words)
    return "" if made in _NOTHING or made.replace(" ", "").isdigit() else made


def words(text: str) -> str:
    """Any other text. Empty where it says nothing."""
    made = plain(text)
    return "" if made in _NOTHING else made


def code(text: str) -> str:
    """Letters and digits alone: a postcode, a number of a house, an id."""
    made = _NOT_ALNUM("", plain(text))
    return "" if made in _NOTHING or not made.strip("0") else made


def street(text: str) -> str:
    """A street without its number's punctuation, common words abbreviated."""
    made = " ".join(_STREET.get(word, word) for word in plain(text).split())
    return "" if made in _NOTHING else made


def phone(text: str) -> str:
    """Digits alone; of a number read by a library, its E.164 spelling without the plus."""
    digits = _NOT_DIGIT("", text)
    return "" if len(digits) < 5 or len(set(digits[-7:])) == 1 else digits


def email(text: str) -> str:
    """Lower case, without `mailto:` and what stands before the address. Empty where there is no user or no domain."""
    made = text.strip().casefold().removeprefix("mailto:").rpartition(" ")[2].strip("<>\"'")
    user, at, domain = made.partition("@")
    return made if at and user and domain and user not in ("none", "null", "noreply", "no-reply") else ""


def date_reader(order: str) -> Callable[[str], str]:
    """Reads a date in the given order of parts, `ymd`, `dmy` or `mdy`, as eight digits, yyyymmdd.

    The year comes first wherever it has four digits and stands first, whatever `order` says. A date of the
    calendar that cannot be, such as month 71, is kept: turned digits are told by comparing. What is no date, and
    what nobody was born on (a year before 1000, zeros), is empty.
    """

    def read(text: str) -> str:
        text = text.strip()
        found = _COMPACT_DATE(text) or _ISO_DATE(text)
        if found:
            year, month, day = found.groups()
        else:
            other = _OTHER_DATE(text)
            if not other:
                return ""
            first, second, year = other.groups()
            month, day = (second, first) if order == "dmy" else (first, second)
        if year < "1000" or (month.strip("0") == "" and day.strip("0") == ""):
            return ""
        return f"{year}{month:0>2}{day:0>2}"

    return read
