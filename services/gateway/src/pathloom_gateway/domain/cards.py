"""Finding payment card numbers in text and masking them, all but the last four digits.

A card number here is a run of 13 to 19 digits, plain or in groups with one space, hyphen or dot between them, that
begins like an issuer's range, has a length that issuer uses, and passes the Luhn check (ISO/IEC 7812). It is no card
number when it is part of a longer run of letters or digits, of a UUID, or of an international phone number (a plus
sign and at most 15 digits, ITU-T E.164).
"""

import re

MIN_DIGITS, MAX_DIGITS = 13, 19
_GROUP = re.compile(r"[0-9]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_SEPARATORS = frozenset(" -.\u00a0\u2007\u2009\u2011\u202f")
_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_MAX_PHONE_DIGITS = 15

# (first prefix, last prefix, lengths): prefixes compare over as many digits as they have.
_ISSUERS = (
    ("4", "4", {13, 16, 19}),  # Visa
    ("51", "55", {16}),  # Mastercard
    ("2221", "2720", {16}),  # Mastercard
    ("34", "34", {15}),  # American Express
    ("37", "37", {15}),  # American Express
    ("300", "305", {14, 16, 17, 18, 19}),  # Diners Club
    ("3095", "3095", {14, 16, 17, 18, 19}),  # Diners Club
    ("36", "36", {14, 15, 16, 17, 18, 19}),  # Diners Club
    ("38", "39", {14, 16, 17, 18, 19}),  # Diners Club
    ("3528", "3589", {16, 17, 18, 19}),  # JCB
    ("6011", "6011", {16, 17, 18, 19}),  # Discover
    ("644", "649", {16, 17, 18, 19}),  # Discover
    ("65", "65", {16, 17, 18, 19}),  # Discover, RuPay
    ("60", "60", {16}),  # RuPay
    ("81", "82", {16}),  # RuPay, UnionPay
    ("508", "508", {16}),  # RuPay
    ("62", "62", {16, 17, 18, 19}),  # UnionPay
    ("2200", "2204", {16, 17, 18, 19}),  # Mir
    ("9792", "9792", {16}),  # Troy
    *(
        (prefix, prefix, {13, 14, 15, 16, 17, 18, 19}) for prefix in ("5018", "5020", "5038", "5893", "6304")
    ),  # Maestro
    *(
        (prefix, prefix, {13, 14, 15, 16, 17, 18, 19}) for prefix in ("6759", "6761", "6762", "6763")
    ),  # Maestro
)


# Beginning -> the lengths that go with it.
_LENGTHS = {
    str(beginning): frozenset(lengths)
    for low, high, lengths in _ISSUERS
    for beginning in range(int(low), int(high) + 1)
}
_NONE: frozenset[int] = frozenset()


def is_card_number(digits: str) -> bool:
    """Whether ASCII digits look like a card number: issuer, length and check digit."""
    return len(digits) in _lengths_of(digits) and luhn(digits)


def _lengths_of(digits: str) -> frozenset[int]:
    """The lengths of card numbers that begin like this; empty for most digits."""
    found = _NONE
    for places in (1, 2, 3, 4):
        found |= _LENGTHS.get(digits[:places], _NONE)
    return found


def luhn(digits: str) -> bool:
    """The check of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = ord(digit) - 48
        total += _LUHN_DOUBLED[value] if place % 2 else value
    return total % 10 == 0


def mask_cards(text: str) -> str:
    """The text with every card number's digits but the last four replaced by `*`; its length stays. Linear in the
    length of the text. The same object comes back when there is none."""
    if len(text) < MIN_DIGITS:
        return text
    groups = [found.span() for found in _GROUP.finditer(text)]
    digits = "".join([text[start:end] for start, end in groups])
    if len(digits) < MIN_DIGITS:
        return text
    spared = [found.span() for found in _UUID.finditer(text)] if text.count("-") >= 4 else []
    masked: list[tuple[int, int]] = []
    offset, free_from = 0, 0
    for at, (start, end) in enumerate(groups):
        window = digits[offset : offset + MAX_DIGITS]
        offset += end - start
        if at < free_from or len(window) < MIN_DIGITS:
            continue
        lengths = _lengths_of(window)
        last = _card_from(text, groups, at, window, lengths) if lengths else None
        if last is not None and not any(low <= start < high for low, high in spared):
            masked.append((start, groups[last][1]))
            free_from = last + 1
    return _masked(text, masked) if masked else text


def _card_from(
    text: str, groups: list[tuple[int, int]], first: int, window: str, lengths: frozenset[int]
) -> int | None:
    """The last group of the longest card number that begins with group `first`: `window` holds the digits from there,
    `lengths` how long card numbers are that begin so."""
    start = groups[first][0]
    before = text[start - 1] if start else ""
    if before.isalnum() or before == "_" or _is_decimal(text, start - 1):
        return None
    found, count, smallest, largest = None, 0, MAX_DIGITS, 0
    for at in range(first, len(groups)):
        begin, end = groups[at]
        if at > first and not (begin - groups[at - 1][1] == 1 and text[begin - 1] in _SEPARATORS):
            break
        # Card numbers are written in groups of one size, or of at least three digits; lists of numbers seldom are.
        # The last group may be of any size.
        if count and smallest < 3 and smallest != largest:
            break
        size = end - begin
        count += size
        if count > MAX_DIGITS:
            break
        if count in lengths and luhn(window[:count]):
            after = text[end] if end < len(text) else ""
            if not (after.isalnum() or after == "_" or _is_decimal(text, end)):
                found = at
        smallest, largest = min(smallest, size), max(largest, size)
    if found is not None and before == "+" and _phone_digits(text, groups, first) <= _MAX_PHONE_DIGITS:
        return None
    return found


def _is_decimal(text: str, at: int) -> bool:
    """A dot at `at` is a decimal point when nothing but one number stands around it."""
    if not 0 < at < len(text) - 1 or text[at] != ".":
        return False
    if not (text[at - 1].isdigit() and text[at + 1].isdigit()):
        return False
    left, right = at - 1, at + 1
    while left > 0 and text[left - 1].isdigit() and at - left <= MAX_DIGITS:
        left -= 1
    while right < len(text) - 1 and text[right + 1].isdigit() and right - at <= MAX_DIGITS:
        right += 1
    # Groups of a card are of at most six digits; a whole number with a fraction has one longer side.
    return at - left > 6 or right - at > 6


def _phone_digits(text: str, groups: list[tuple[int, int]], first: int) -> int:
    count = groups[first][1] - groups[first][0]
    for at in range(first + 1, len(groups)):
        gap = text[groups[at - 1][1] : groups[at][0]]
        if count > _MAX_PHONE_DIGITS or len(gap) != 1 or gap not in _SEPARATORS:
            break
        count += groups[at][1] - groups[at][0]
    return count


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    made, kept_to = [], 0
    for start, end in spans:
        made.append(text[kept_to:start])
        left = sum(char.isdigit() for char in text[start:end])
        for char in text[start:end]:
            if char.isdigit():
                made.append(char if left <= 4 else "*")
                left -= 1
            else:
                made.append(char)
        kept_to = end
    made.append(text[kept_to:])
    return "".join(made)
