"""Who makes a household, as a pure function."""

import random

from hypothesis import given
from hypothesis import strategies as st
from pathloom_identity.domain.households import MOST, household, household_values
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import Holding, RecordState
from pathloom_identity.domain.records import Trust

PHONE = Identifier("phone", "", "+14025550123")


@given(st.lists(st.sampled_from([f"cus_{n}" for n in range(14)])), st.randoms(use_true_random=False))
def test_it_does_not_depend_on_the_order_and_never_shows_the_value(
    ids: list[str], chance: random.Random
) -> None:
    shuffled = list(ids)
    chance.shuffle(shuffled)
    made = household("hou_1", PHONE, ids)
    assert made == household("hou_1", PHONE, shuffled)
    assert PHONE.value not in str(made)
    assert bool(made.customer_ids) == (2 <= len(set(ids)) <= MOST)
    assert made.hint == ("23" if made.customer_ids else "")


def test_only_what_a_trusted_source_says_they_have_counts() -> None:
    def state(kind: str, trust: Trust, stated: bool = False) -> RecordState:
        value = Identifier(kind, "", "x")
        return RecordState(0, identifiers={value: frozenset({Holding("s", False, trust, stated)})})

    assert household_values(state("phone", Trust.TRUSTED))
    assert household_values(state("address", Trust.AUTHORITATIVE))
    assert not household_values(state("phone", Trust.CLAIMED))
    assert not household_values(state("phone", Trust.TRUSTED, stated=True))
    assert not household_values(state("email", Trust.TRUSTED))
    assert not household_values(None)
