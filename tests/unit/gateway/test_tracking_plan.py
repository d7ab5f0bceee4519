"""The tracking plan is complete, valid and documented."""

import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pathloom_gateway.tracking_plan import TOUCHES, PlannedEvent, common_schema, event_key, planned_events
from referencing import Registry, Resource

ROOT = Path(__file__).parents[3]


def validator(event: PlannedEvent) -> Draft202012Validator:
    registry: Registry = Registry().with_resource("common.json", Resource.from_contents(common_schema()))
    return Draft202012Validator(
        event.schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


@pytest.mark.parametrize("event", planned_events().values(), ids=lambda event: event.key)
def test_every_schema_is_valid_and_so_are_its_examples(event: PlannedEvent) -> None:
    Draft202012Validator.check_schema(event.schema)
    assert event.key == event_key(event.title)
    assert event.touch in TOUCHES
    assert event.schema["examples"]
    for example in event.schema["examples"]:
        validator(event).validate(example)


def test_a_wrong_type_is_found_through_the_common_schema() -> None:
    event = planned_events()["contact_queued"]
    errors = [
        error.json_path for error in validator(event).iter_errors({"contact_id": "c", "leg_kind": "nonsense"})
    ]
    assert errors == ["$.leg_kind"]


def test_names_are_matched_whatever_their_case_and_punctuation() -> None:
    assert {
        event_key(name) for name in ("Contact Queued", "contact queued", "contact.queued", "CONTACT_QUEUED ")
    } == {"contact_queued"}


def test_the_documentation_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "tracking_plan.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
