"""What tells candidates apart, and no more: only facts that differ, and of a birth date only the year."""

import re
from collections.abc import Mapping, Sequence

_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|2[01]\d\d)(?!\d)")
_BIRTH = ("date_of_birth", "birth_date", "birthday", "dob", "birthdate")
_PLAIN = ("city", "language", "campus", "postal_code", "country", "customer_since", "relation", "kind")
SHOWN = (*_PLAIN, "year_of_birth")


def telling_facts(golden: Mapping[str, str]) -> dict[str, str]:
    """Of one customer's golden values, those that may tell them apart, masked."""
    facts = {name: golden[name] for name in _PLAIN if golden.get(name)}
    if "postal_code" in facts:
        # Enough to tell two apart, not enough to find the house.
        facts["postal_code"] = facts["postal_code"][:3] + "…"
    for name in _BIRTH:
        year = _YEAR.search(golden.get(name, ""))
        if year:
            facts["year_of_birth"] = year.group()
            break
    return facts


def told_apart_by(candidates: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """For each candidate its telling facts, without those that all of them share."""
    same = {
        name
        for name in SHOWN
        if len(candidates) > 1 and len({candidate.get(name) for candidate in candidates}) == 1
    }
    return [
        {name: candidate[name] for name in SHOWN if candidate.get(name) and name not in same}
        for candidate in candidates
    ]
