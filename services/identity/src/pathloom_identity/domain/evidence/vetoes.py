"""What forbids that two records are one, whatever else agrees.

People of one household share an address, a phone, often a surname, so that nearly everything agrees between two of
them. What tells them apart has a veto: dates of birth, and first names, that differ and reach no level of agreement
(a turned digit, a nickname, an initial, a typing error reach one). So have ids that a mapping calls immutable.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pathloom_identity.domain.evidence.attributes import Kind
from pathloom_identity.domain.evidence.comparators import COMPARISONS, NULL, Levels, Pairs
from pathloom_identity.domain.evidence.model import Model

Mask = NDArray[np.bool_]

#: Of pairs that share a home and a surname, the share of different people above which the records hold households.
#: A set of single persons has below 0.2 % (errors in all that tells people apart at once), one with households half.
HOUSEHOLDS_FROM = 0.02


def vetoed(pairs: Pairs, levels: Mapping[str, Levels], model: Model) -> Mask:
    """Pairs that must not be one."""
    found = _immutable(pairs)
    if model.households:
        differ = _differ(levels, "given_name") | _differ(levels, "date_of_birth")
        found |= _share_a_home(pairs, levels) & differ & ~_id_agrees(pairs, levels)
    return found


def household_share(pairs: Pairs, levels: Mapping[str, Levels]) -> float:
    """Of pairs that share a home and a surname, the share in which all that tells people apart differs: first
    name, date of birth, ids. That is how much of a household a set holds; no truth is needed for it."""
    share = _share_a_home(pairs, levels)
    if "surname" in levels:
        share &= levels["surname"] < COMPARISONS["surname"].levels.index("initial")
    known = np.zeros(len(pairs.left), dtype=bool)
    differ = np.ones(len(pairs.left), dtype=bool)
    for name in ("given_name", "date_of_birth"):
        if name in levels:
            said = levels[name] != NULL
            known |= said
            differ &= ~said | _differ(levels, name)
    among = int((share & known).sum())
    return int((share & known & differ & ~_id_agrees(pairs, levels)).sum()) / among if among else 0.0


def _differ(levels: Mapping[str, Levels], name: str) -> Mask:
    """Both sides say something, and no agreement is reached."""
    found = levels.get(name)
    if found is None:
        return np.zeros(1, dtype=bool)  # broadcast: nowhere
    differ: Mask = (found >= COMPARISONS[name].agrees) & (found != NULL)
    return differ


def _share_a_home(pairs: Pairs, levels: Mapping[str, Levels]) -> Mask:
    """The same phone, or the same street and number in what can be the same town."""
    found = np.zeros(len(pairs.left), dtype=bool)
    if "phone" in levels:
        found |= levels["phone"] == 0
    if "address" in levels:
        found |= (levels["address"] < COMPARISONS["address"].agrees) & ~_other_town(pairs, levels)
    return found


def _other_town(pairs: Pairs, levels: Mapping[str, Levels]) -> Mask:
    """Postcode and city both differ. Told from the pair alone: what else is in the table must not matter."""
    found: Mask = np.zeros(len(pairs.left), dtype=bool) | _differ(levels, "postcode")
    return found & _differ(levels, "city")


def _id_agrees(pairs: Pairs, levels: Mapping[str, Levels]) -> Mask:
    """An id of the person (a further attribute of kind code) agrees, but for a typing error."""
    found = np.zeros(len(pairs.left), dtype=bool)
    for name, column in pairs.records.columns.items():
        if column.attribute.kind is Kind.CODE and name in levels:
            found |= levels[name] < COMPARISONS["code"].agrees
    return found


def _immutable(pairs: Pairs) -> Mask:
    found = np.zeros(len(pairs.left), dtype=bool)
    for column in pairs.records.columns.values():
        if column.attribute.immutable:
            a, b = pairs.codes(column)
            found |= (a >= 0) & (b >= 0) & (a != b)
    return found
