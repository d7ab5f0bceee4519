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


def is_card_number(digits: str) -> bool:
    """Whether 13 to 19 ASCII digits look like a card number: issuer, length and check digit."""
    return any(
        low <= digits[: len(low)] <= high and len(digits) in lengths for low, high, lengths in _ISSUERS
    ) and luhn(digits)


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
    if sum(end - start for start, end in groups) < MIN_DIGITS:
        return text
    spared = [found.span() for found in _UUID.finditer(text)] if text.count("-") >= 4 else []
    masked: list[tuple[int, int]] = []
    at = 0
    while at < len(groups):
        last = _card_from(text, groups, at)
        if last is None or any(start <= groups[at][0] < end for start, end in spared):
            at += 1
        else:
            masked.append((groups[at][0], groups[last][1]))
            at = last + 1
    return _masked(text, masked) if masked else text


def _card_from(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last group of the longest card number that begins with group `first`."""
    start = groups[first][0]
    before = text[start - 1] if start else ""
    if before.isalnum() or before == "_" or _is_decimal(text, start - 1):
        return None
    digits, found = "", None
    for at in range(first, len(groups)):
        begin, end = groups[at]
        if at > first and not (begin - groups[at - 1][1] == 1 and text[begin - 1] in _SEPARATORS):
            break
        digits += text[begin : min(end, begin + MAX_DIGITS + 1)]
        if len(digits) > MAX_DIGITS:
            break
        after = text[end] if end < len(text) else ""
        whole = not (after.isalnum() or after == "_" or _is_decimal(text, end))
        if len(digits) >= MIN_DIGITS and whole and _evenly(groups, first, at) and is_card_number(digits):
            found = at
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


def _evenly(groups: list[tuple[int, int]], first: int, last: int) -> bool:
    """Card numbers are written in groups of one size, or of at least three digits; lists of numbers seldom are."""
    sizes = [groups[at][1] - groups[at][0] for at in range(first, last)]
    return not sizes or min(sizes) >= 3 or min(sizes) == max(sizes)


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
