"""The weights file: whole, or refused with the place."""

from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest
import yaml
from pathloom_scoring.domain.weights import BadWeights, parse_weights

SHIPPED: dict[str, Any] = yaml.safe_load(
    files("pathloom_scoring").joinpath("models/shipped.yaml").read_text()
)


def test_the_shipped_file_is_whole_and_gives_its_reasons() -> None:
    weights = parse_weights(SHIPPED)
    assert weights.model == "shipped@1"
    assert all(one.reason for one in (*weights.friction.values(), *weights.satisfaction.values()))


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("friction.wait", None, "wait"),
        ("friction.wait.points", -1, "friction.wait"),
        ("friction.wait.per", 0, "friction.wait"),
        ("friction.wait.points", "much", "friction.wait"),
        ("friction.wait.reason", " ", "friction.wait"),
        ("friction.mood", {}, "mood"),
        ("friction.wait.colour", "red", "friction.wait: unknown"),
        ("satisfaction.base", True, "satisfaction.base"),
        ("satisfaction.signals", [], "signals"),
        ("name", 1, "name"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(place: str, value: object, said: str) -> None:
    wrong = deepcopy(SHIPPED)
    *path, last = place.split(".")
    inner = wrong
    for step in path:
        inner = inner[step]
    inner[last] = value
    with pytest.raises(BadWeights, match=said):
        parse_weights(wrong)
