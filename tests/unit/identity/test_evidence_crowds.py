"""Crowds fall into parts of so many at most, the same whether all pairs are looked at or one walks from a record. The laws
have planted faults."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_identity.domain.evidence import crowds
from pathloom_identity.domain.evidence.model import BIT

NEAR = 12 * BIT
seeds = st.integers(0, 10_000)
Pairs = dict[tuple[int, int], int]
Parts = Callable[[int, Pairs, int], list[int]]


def pairs_of(seed: int) -> tuple[int, Pairs]:
    """Records in clumps, with bridges between them."""
    chance = random.Random(seed)
    size = chance.randint(2, 30)
    found: Pairs = {}
    for _ in range(chance.randint(1, 3 * size)):
        a, b = sorted(chance.sample(range(size), 2))
        found[a, b] = chance.choice([8, 12, 13, 14, 15, 17, 20, 31]) * BIT + chance.randrange(3)
    return size, found


def at_once(size: int, pairs: Pairs, most: int) -> list[int]:
    left, right, weight = (
        np.array(one, dtype=np.int64) for one in zip(*[(*p, w) for p, w in pairs.items()], strict=True)
    )
    found, _ = crowds.parts(size, left, right, weight, NEAR, most)
    return [int(part) for part in found]


def by_walking(size: int, pairs: Pairs, most: int) -> list[int]:
    near: dict[int, dict[int, int]] = {at: {} for at in range(size)}
    for (a, b), weight in pairs.items():
        near[a][b] = near[b][a] = weight
    found = []
    for at in range(size):
        bar = NEAR
        while (part := crowds.within(at, near.__getitem__, bar, most)) is None:
            bar += crowds.STEP
        found.append(min(part))
    return found


def never_too_large(parts: Parts) -> Callable[[int], None]:
    def check(seed: int) -> None:
        chance = random.Random(seed)
        (size, pairs), most = pairs_of(seed), chance.randint(1, 9)
        found = parts(size, pairs, most)
        assert found == by_walking(size, pairs, most)
        assert max(np.bincount(found)) <= most
        # Whoever a stronger pair connects with somebody of the part is in it, unless it would be too large.
        whole = parts(size, pairs, size)
        for first in set(whole):
            members = [at for at in range(size) if whole[at] == first]
            if len(members) <= most:
                assert {found[at] for at in members} == {first}
        shuffled = list(pairs.items())
        chance.shuffle(shuffled)
        assert parts(size, dict(shuffled), most) == found

    return check


def test_parts_are_never_too_large_and_the_same_in_any_order() -> None:
    settings(max_examples=200, deadline=None)(given(seeds)(never_too_large(at_once)))()


def first_come(size: int, pairs: Pairs, most: int) -> list[int]:
    """Planted: whoever comes while there is room is in."""
    part = list(range(size))
    for (a, b), weight in pairs.items():
        joined = [at for at in range(size) if part[at] in (part[a], part[b])]
        if weight > NEAR and len(joined) <= most:
            for at in joined:
                part[at] = min(joined)
    return part


def connected(size: int, pairs: Pairs, most: int) -> list[int]:
    """Planted: however many they are."""
    return at_once(size, pairs, size)


@pytest.mark.parametrize("fault", [first_come, connected])
def test_parts_that_depend_on_more_are_noticed(fault: Parts) -> None:
    with pytest.raises((AssertionError, ExceptionGroup)):
        settings(max_examples=200, deadline=None, database=None)(given(seeds)(never_too_large(fault)))()
