"""The registry of measures: what the contract names is there, each with a definition, and the page is current."""

import re
from pathlib import Path

import pytest
from pathloom_scoring.domain.measures import Family, Parameters, UnknownMeasure, chosen, registered
from pathloom_scoring.measures_page import page

ROOT = Path(__file__).parents[3]


def test_the_contract_names_no_measure_that_is_missing() -> None:
    proto = (ROOT / "proto/pathloom/scoring/v1/scores.proto").read_text()
    comment = re.search(r"// Names: (.*?)empty: all", proto, re.DOTALL)
    assert comment
    names = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", comment[1].replace("//", "")))
    assert names
    assert names <= set(registered())


def test_every_measure_says_in_one_sentence_what_it_is() -> None:
    for one in registered().values():
        sentence = one.definition(Parameters())
        assert sentence.endswith("."), one.name
        assert "\n" not in sentence
        assert ". " not in sentence, f"{one.name}: one sentence"


def test_parameters_stand_in_the_definition() -> None:
    given = Parameters(service_level_s=30, fcr_days=14)
    assert registered()["service_level"].definition(given).endswith("(x = 30 s).")
    assert registered()["fcr_net"].definition(given).endswith("(window = 14 days).")


def test_chosen() -> None:
    assert [one.name for one in chosen(["aht", "nps", "aht"])] == ["aht", "nps"]
    assert [one.name for one in chosen([])] == list(registered())
    with pytest.raises(UnknownMeasure):
        chosen(["happiness"])


def test_nothing_summed_is_nothing_measured() -> None:
    for one in registered().values():
        found = one.compute(one.family.value())
        assert (found.value, found.n) == (None, 0), one.name
    assert {one.family for one in registered().values()} == set(Family)


def test_the_page_is_what_the_definitions_say() -> None:
    assert (ROOT / "docs/measures.md").read_text() == page(), (
        "run python -m pathloom_scoring.measures_page > docs/measures.md"
    )
