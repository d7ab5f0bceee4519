"""The model file: what is written is read again, and what cannot serve is refused with what is wrong."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pathloom_identity.domain.evidence.learning import frequencies
from pathloom_identity.domain.evidence.model import MANY
from pathloom_identity.domain.evidence.model_file import BadModel, _checksum, read_model, write_model
from pathloom_identity.domain.evidence.resolution import resolve
from pathloom_identity.models import general

from tests.unit.identity.persons import records, world


def test_what_is_written_is_read_again() -> None:
    learnt = resolve(world(2, persons=120).table(), general(), learn=True).model
    assert read_model(write_model(learnt)) == learnt
    assert write_model(read_model(write_model(learnt))) == write_model(learnt)


def test_only_values_of_many_people_are_named() -> None:
    column = records(*[{"surname": "Smith"}] * MANY, *[{"surname": "Rare"}] * (MANY - 1)).columns["surname"]
    found = frequencies(column, 1e-4)
    assert dict(found.values) == {"smith": MANY / (2 * MANY - 1)}
    assert found.other == (MANY - 1) / (2 * MANY - 1)


def _resealed(change: Callable[[dict[str, Any]], object]) -> str:
    said = json.loads(write_model(general()))
    change(said)
    said.pop("checksum", None)
    return json.dumps({**said, "checksum": _checksum(said)})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no JSON"),
        ("[]", "is no identity model"),
        ('{"format": "something else"}', "is no identity model"),
        (write_model(general())[:-400], "is no JSON: damaged"),
        (write_model(general()).replace('"cut": -4.0', '"cut": -3.0'), "checksum: does not belong"),
        (_resealed(lambda said: said.update(schema=0)), "schema: is 0, of an older version"),
        (_resealed(lambda said: said.update(schema=2)), "schema: is 2, of another version"),
        (_resealed(lambda said: said.pop("cut")), "cut: is missing"),
        (_resealed(lambda said: said.update(cut="low")), "cut: is no number"),
        (_resealed(lambda said: said.update(unseen=5)), "unseen: is above cut"),
        (_resealed(lambda said: said.update(block_cap=True)), "block_cap: is no whole number"),
        (
            _resealed(lambda said: said["comparisons"]["surname"]["levels"].pop()),
            "comparisons.surname: the m of",
        ),
        (
            _resealed(lambda said: said["comparisons"]["surname"]["levels"][1].update(u=0)),
            "comparisons.surname.levels[1].u: is not above 0",
        ),
        (
            _resealed(lambda said: said["comparisons"]["surname"]["levels"][1].update(name="cousin")),
            "comparisons.surname.levels: exact, cousin",
        ),
    ],
)
def test_what_cannot_serve_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(BadModel) as refused:
        read_model(text)
    assert says in str(refused.value)
