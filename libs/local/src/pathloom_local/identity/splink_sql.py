"""The comparisons as SQL on DuckDB, level by level, so that Splink weighs what the service weighs.

A twin of `pathloom_identity.domain.evidence.comparators`: same names, same levels, same order. A test holds the two
equal over ten thousand pairs. What a library does natively (nicknames, words of a name, parts of a date) is prepared
as columns of its own.
"""

from collections.abc import Callable
from typing import Any

from pathloom_identity.domain.evidence.comparators import (
    CLOSE,
    SIMILAR,
    compared,
    comparison_of,
    postcode_area,
)
from pathloom_identity.domain.evidence.nicknames import relatives
from pathloom_identity.domain.evidence.table import Table

Rows = dict[str, list[Any]]


def prepared(records: Table) -> Rows:
    """The columns that the SQL below asks for, of every record, with `unique_id`."""
    rows: Rows = {"unique_id": list(range(records.size))}
    for name, column in records.columns.items():
        texts = [column.words.texts[code] if code >= 0 else None for code in column.codes.tolist()]
        rows[name] = texts
        kind = comparison_of(name, column)
        for suffix, of in _DERIVED.get(kind, {}).items():
            memo = {text: of(text) for text in set(texts) if text is not None}
            rows[f"{name}__{suffix}"] = [None if text is None else memo[text] for text in texts]
    return rows


def conditions(name: str, records: Table) -> list[str]:
    """The SQL of each level but the last, the best first; all are over columns that are not null."""
    kind = comparison_of(name, records.columns[name])
    return [f'"{name}_l" = "{name}_r"', *_LEVELS[kind](name, set(records.columns))]


def sql_columns(records: Table) -> list[str]:
    """The names of the comparisons, in order."""
    return list(compared(records))


_DERIVED: dict[str, dict[str, Callable[[str], Any]]] = {
    "given_name": {"related": lambda text: sorted(relatives(text))},
    "surname": {"words": lambda text: [word for word in text.split() if len(word) > 2]},
    "date_of_birth": {
        "y": lambda text: int(text[:4]),
        "m": lambda text: int(text[4:6]),
        "d": lambda text: int(text[6:8]),
        "days": lambda text: 372 * int(text[:4]) + 31 * int(text[4:6]) + int(text[6:8]),
    },
    "postcode": {"area": postcode_area},
    "phone": {"tail": lambda text: text[-7:] if len(text) >= 7 else None},
    "email": {"user": lambda text: text.partition("@")[0]},
}


def _close(a: str, b: str) -> str:
    return f"(jaro_winkler_similarity({a}, {b}) >= {CLOSE} or damerau_levenshtein({a}, {b}) <= 1)"


def _same_word(a: str, b: str) -> str:
    return f"coalesce({a} = {b} or {_close(a, b)}, false)"


def _crossed(name: str, other: str) -> str:
    a, b, c, d = f'"{name}_l"', f'"{name}_r"', f'"{other}_l"', f'"{other}_r"'
    return f"(({c} is distinct from {d}) and ({_same_word(a, d)} or {_same_word(b, c)}))"


def _initial(name: str) -> str:
    return f'(starts_with("{name}_l", "{name}_r") or starts_with("{name}_r", "{name}_l"))'


def _edits(name: str, most: int = 1) -> str:
    return f'damerau_levenshtein("{name}_l", "{name}_r") <= {most}'


def _alike(name: str, least: float) -> str:
    return f'jaro_winkler_similarity("{name}_l", "{name}_r") >= {least}'


def _name(first: str, name: str, other: str, there: set[str]) -> list[str]:
    crossed = _crossed(name, other) if other in there else "false"
    return [first, _close(f'"{name}_l"', f'"{name}_r"'), _initial(name), crossed, _alike(name, SIMILAR)]


def _given_name(name: str, there: set[str]) -> list[str]:
    nickname = f'list_contains("{name}__related_l", "{name}_r")'
    return _name(nickname, name, "surname", there)


def _surname(name: str, there: set[str]) -> list[str]:
    several = f"(contains(\"{name}_l\", ' ') or contains(\"{name}_r\", ' '))"
    part = f'({several} and list_has_any("{name}__words_l", "{name}__words_r"))'
    return _name(part, name, "given_name", there)


def _date(name: str, there: set[str]) -> list[str]:
    y, m, d = (f'("{name}__{part}_l" = "{name}__{part}_r")' for part in "ymd")
    swapped = f'({y} and "{name}__m_l" = "{name}__d_r" and "{name}__d_l" = "{name}__m_r")'
    step = {part: f'abs("{name}__{part}_l" - "{name}__{part}_r")' for part in "ymd"}
    return [
        f"({swapped} or (({y} or {m} or {d}) and {_edits(name)}))",
        f"({y}::int + {m}::int + {d}::int = 2)",
        f"({step['y']} in (0, 1, 9, 10, 11) and {step['m']} <= 1 and {step['d']} <= 3)",
        f'abs("{name}__days_l" - "{name}__days_r") <= 400',
    ]


def _address(name: str, there: set[str]) -> list[str]:
    street = '"street_l" = "street_r"'
    nearly = _close('"street_l"', '"street_r"')
    close = f"({street} or {nearly})"
    crossed = f"(not {close} and {_crossed('street', 'locality')})" if "locality" in there else "false"
    if "street_number" in there:
        number = '("street_number_l" is not distinct from "street_number_r")'
        named = '("street_number_l" is not null and "street_number_r" is not null)'
        turned = f"({named} and {_edits('street_number')})"
    else:
        number, named, turned = "true", "false", "false"
    either = f"({close} or {crossed})"
    return [
        f"({close} and {number})",
        f"({crossed} and {number})",
        f"({either} and {turned})",
        either,
        f"({number} and {named})",
    ]


def _locality(name: str, there: set[str]) -> list[str]:
    crossed = _crossed(name, "street") if "street" in there else "false"
    return [_close(f'"{name}_l"', f'"{name}_r"'), crossed]


_LEVELS: dict[str, Callable[[str, set[str]], list[str]]] = {
    "given_name": _given_name,
    "surname": _surname,
    "date_of_birth": _date,
    "address": _address,
    "street_number": lambda name, there: [_edits(name)],
    "locality": _locality,
    "postcode": lambda name, there: [_edits(name), f'"{name}__area_l" = "{name}__area_r"'],
    "city": lambda name, there: [_alike(name, 0.88), _alike(name, 0.75)],
    "phone": lambda name, there: [f'"{name}__tail_l" = "{name}__tail_r"', _edits(name)],
    "email": lambda name, there: [
        f'"{name}__user_l" = "{name}__user_r"',
        f"{_alike(name, 0.92)} and {_edits(f'{name}__user', 2)}",
        f"{_alike(name, 0.8)} and {_edits(f'{name}__user', 3)}",
    ],
    "text": lambda name, there: [_alike(name, 0.88), _alike(name, 0.75)],
    "code": lambda name, there: [_edits(name)],
    "category": lambda name, there: [],
}
