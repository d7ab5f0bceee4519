"""Who else is of a customer's household: names to open, and what is shared, without its value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pathloom.gateway.v1.view_pb2 import HouseholdMember

MOST_HOUSEHOLD = 20


@dataclass(frozen=True, slots=True)
class Shared:
    """What these customers share, see Household in identity's contract."""

    type: str
    hint: str
    customer_ids: Sequence[str]

    @property
    def why(self) -> str:
        return f"same {self.type}, ending in {self.hint}" if self.hint else f"same {self.type}"


def household_of(
    customer_id: str, shared: Sequence[Shared], present: Mapping[str, str | None], names: Mapping[str, str]
) -> tuple[list[HouseholdMember], int]:
    """The others, by name and id, and how many more there are. `present`: who each id is now (None: erased); whoever
    is this customer by now is none of the others."""
    why: dict[str, set[str]] = {}
    for one in shared:
        others = {present.get(key) for key in one.customer_ids}
        if customer_id not in others:
            continue  # it has moved on since: the household's own entry is on its way
        for other in others - {None, customer_id}:
            why.setdefault(str(other), set()).add(one.why)
    order = sorted(why, key=lambda key: (not names.get(key), names.get(key, ""), key))
    members = [
        HouseholdMember(customer_id=key, name=names.get(key, ""), why=sorted(why[key]))
        for key in order[:MOST_HOUSEHOLD]
    ]
    return members, max(0, len(order) - MOST_HOUSEHOLD)
