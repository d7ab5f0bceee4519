"""Blueprint files: those shipped load, errors name the field, a third company needs only a file."""

from pathlib import Path

import pytest
from pathloom_journey_graph.adapters.blueprint_files import BlueprintError, load_blueprints, parse_blueprint
from pathloom_journey_graph.domain.cut import cut
from pathloom_journey_graph.domain.values import DAY, HOUR

from .journey_pieces import T0, items_of, piece

THIRD = """
key: bank
version: 2
namespaces: [bank]
silence: 3d
goals:
  - key: lost_card
    label: Lost card
    silence: 36h
    match: {stated: [card_lost], properties: {product: [card]}}
    reached: [{events: [Card Replaced]}]
"""


def test_the_shipped_ones_load_and_one_covers_everything() -> None:
    blueprints = load_blueprints()
    assert {b.key for b in blueprints.all} == {"college", "shop"}
    assert blueprints.covering("shop").key == "shop"
    assert blueprints.covering("telephony").key == "college"
    assert blueprints.longest_silence == 21 * DAY


def test_a_third_company_needs_only_a_file(tmp_path: Path) -> None:
    path = tmp_path / "bank.yaml"
    path.write_text(THIRD)
    blueprints = load_blueprints([path])
    assert blueprints.covering("bank").goals[0].silence == 36 * HOUR
    pieces = [
        piece(1, "Odd Thing", 0, contact="", record="bank|user|1", product="card"),
        piece(2, "Card Replaced", 60, contact="", record="bank|user|1", product="card"),
    ]
    (journey,) = cut(items_of(pieces, watched=blueprints.watched()), blueprints, T0 + DAY)
    assert (journey.goal, journey.state.name, journey.blueprint) == ("lost_card", "REACHED", "bank@2")


def test_a_named_file_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("key: mine\nversion: 1\n")
    blueprints = load_blueprints([path])
    assert blueprints.covering("telephony").key == "mine"
    assert {b.key for b in blueprints.all} == {"mine", "shop"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("silence: 3d", "silence: soon"), "silence: is no duration"),
        (("version: 2", "version: two"), "version:"),
        (("key: lost_card", "key: Lost Card"), "goals[0].key:"),
        (("stated:", "spoken:"), "goals[0].match.spoken:"),
        (("label: Lost card", ""), "goals[0].label:"),
        (("{stated: [card_lost], properties: {product: [card]}}", "{}"), "goals[0].match: names nothing"),
        (("key: bank", "key: [bank"), "no YAML"),
    ],
)
def test_errors_name_the_file_and_the_field(change: tuple[str, str], said: str) -> None:
    with pytest.raises(BlueprintError) as error:
        parse_blueprint(THIRD.replace(*change), "bank.yaml")
    assert str(error.value).startswith("bank.yaml: ")
    assert said in str(error.value)


def test_two_files_may_not_name_one_namespace(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(THIRD.replace("key: bank", f"key: {name}"))
    with pytest.raises(BlueprintError, match="bank is there twice"):
        load_blueprints([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    with pytest.raises(BlueprintError, match=r"nowhere\.yaml"):
        load_blueprints([tmp_path / "nowhere.yaml"])
