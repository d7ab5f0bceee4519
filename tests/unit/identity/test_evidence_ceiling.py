"""A ceiling is never below what a pair weighs, and spares nearly all strangers. The law has planted faults."""

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_identity.adapters.codec import PackedSaid, pack_said
from pathloom_identity.domain.evidence import ceiling
from pathloom_identity.domain.evidence.attributes import SPELLINGS, Attribute, Kind
from pathloom_identity.domain.evidence.model import BIT, Frequencies, Model
from pathloom_identity.domain.evidence.weigher import Weigher
from pathloom_identity.domain.said import Said
from pathloom_identity.models import cautious, general

from tests.unit.identity.persons import COLUMNS, attribute_of, world

_LOCALITY, _NUMBER = attribute_of("locality"), Attribute("member_no", Kind.CODE)


def said_in(seed: int, persons: int = 12, dirt: float = 0.6) -> list[Said]:
    """Records in much error: a letter more, less or turned, values in each other's place, further attributes."""
    chance = random.Random(seed)
    found = []
    for row in world(seed, persons, dirt).rows:
        texts = {name: row[name] or "" for name in COLUMNS}
        texts["locality"] = (
            texts["street"] if chance.random() < 0.1 else chance.choice(["old town", "dock", ""])
        )
        if chance.random() < 0.15:
            texts["given_name"], texts["surname"] = texts["surname"], texts["given_name"]
        if chance.random() < 0.15:
            texts["street"], texts["locality"] = texts["locality"], texts["street"]
        if chance.random() < 0.1:
            texts["surname"] += f" {chance.choice(['smith', 'novak'])}"
        for name in chance.sample(sorted(texts), 3):
            texts[name] = _slip(chance, texts[name])
        found.append(
            tuple(
                (attribute, text)
                for attribute in sorted((*map(attribute_of, COLUMNS), _LOCALITY, _NUMBER))
                if (
                    text := SPELLINGS[attribute.kind](
                        texts.get(attribute.name) or f"{chance.randrange(8) + 10}"
                    )
                )
            )
        )
    return found


def _slip(chance: random.Random, text: str) -> str:
    at = chance.randrange(max(1, len(text)))
    turned = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
    return chance.choice([text[:at] + text[at + 1 :], turned, text[:at] + "7" + text[at + 1 :], text[:4]])


def named(model: Model) -> Model:
    """The same, with values that are frequent, and one that is rare."""
    often = Frequencies(1e-4, 0.002, {"robert": 0.05, "smith": 0.2, "york": 0.3, "novak": 0.0001})
    return replace(
        model, comparisons={name: replace(w, frequencies=often) for name, w in model.comparisons.items()}
    )


def never_below(model: Model) -> Callable[[int], None]:
    def check(seed: int) -> None:
        records = dict(enumerate(said_in(seed)))
        found = Weigher(model).weigh(records, list(combinations(records, 2)))
        made = ceiling.Ceiling(model)
        texts = {at: {attribute.name: text for attribute, text in said} for at, said in records.items()}
        for (a, b), one in found.items():
            assert made.of(records[a], one.weight - 1)(texts[b])
            assert made.of(records[b], one.weight - 1)(texts[a])

    return check


@pytest.mark.parametrize(
    "model", [cautious(), general(), named(general())], ids=["cautious", "general", "named"]
)
def test_a_ceiling_is_never_below_what_a_pair_weighs(model: Model) -> None:
    settings(max_examples=25, deadline=None)(given(st.integers(0, 10_000))(never_below(model)))()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("_like", lambda x, y: x == y),
        ("_distance", lambda x, y, score_cutoff: 9),
        ("_similarity", lambda x, y: 0.0),
    ],
)
def test_a_ceiling_that_is_too_low_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, fault: Callable[..., object]
) -> None:
    monkeypatch.setattr(ceiling, name, fault)
    check = never_below(general())

    def some() -> None:
        for seed in range(200):
            check(seed)

    with pytest.raises(AssertionError):
        some()


def test_most_strangers_are_spared_and_whoever_is_likely_is_found() -> None:
    model = cautious()
    weigher, wanted = Weigher(model), round((model.cut - 6) * BIT)
    records = dict(enumerate(said_in(3, persons=60, dirt=0.2)))
    pairs = list(combinations(records, 2))
    likely = {
        pair for pair, one in weigher.weigh(records, pairs).items() if one.weight > wanted and not one.vetoed
    }
    mates = {a: [b for b in records if b > a] for a in records}
    kept = {number: PackedSaid(pack_said(said)) for number, said in records.items()}
    assert set(weigher.likely(kept, mates)) == likely
    made = ceiling.Ceiling(model)
    spared = sum(
        not made.of(records[a], wanted)({attribute.name: text for attribute, text in records[b]})
        for a, b in pairs
    )
    assert spared > 0.8 * len(pairs)
