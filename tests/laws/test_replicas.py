"""Law 3: two replicas of each of the four services at once give the same result as one."""

import copy
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.laws.content import Content, content, differences
from tests.laws.replicas import idle

# Two platforms start first, and are told a history.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

if TYPE_CHECKING:
    from tests.laws.conftest import Both


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def contents(both: "Both") -> tuple[Content, Content]:
    """What the one and what the two say of the company, read at the last door of each."""
    wanted, contacts = both.company.identifiers.values(), both.company.contacts
    alone, pair = [await content(each.doors[-1], wanted, contacts) for each in (both.alone, both.pair)]
    return alone, pair


async def test_each_replica_applied_something_and_a_stale_one_was_refused(both: "Both") -> None:
    assert idle(both.pair, 2) == []
    # The check can fail: of one replica each, nobody else has worked and nobody was stale.
    assert len(idle(both.alone, 2)) == 8


async def test_what_two_of_each_say_is_true(both: "Both") -> None:
    found = both.compared
    assert found.contacts.differences == []
    assert found.customers.differences == []
    assert found.customers.mixed_households == []
    assert found.holds, found.journeys


def test_two_of_each_say_what_one_says(contents: tuple[Content, Content]) -> None:
    alone, pair = contents
    assert len(alone["customers"]) > 10
    assert any("friction" in each for view in alone["customers"].values() for each in view["journeys"])
    assert differences(alone, pair) == []


@pytest.mark.parametrize("fault", ["twice", "lost", "another score", "another golden value", "not joined"])
def test_the_law_catches(contents: tuple[Content, Content], fault: str) -> None:
    """Planted: what a replica that is not refused, or a change that is lost, would leave behind."""
    alone, pair = contents[0], copy.deepcopy(contents[0])
    view = next(each for each in pair["customers"].values() if each.get("facts") and each["journeys"])
    journey = next(each for each in view["journeys"] if each["touchpoints"] and "friction" in each)
    match fault:
        case "twice":
            journey["touchpoints"].append(journey["touchpoints"][-1])
        case "lost":
            journey["touchpoints"].pop()
        case "another score":
            journey["friction"]["points"] = journey["friction"].get("points", 0.0) + 1
        case "another golden value":
            view["facts"][0]["value"] += "?"
        case _:
            named = next(key for key, ids in pair["leads to"].items() if ids == [view["customer_id"]])
            pair["leads to"][named] = ["cus_somebody_else"]
    assert differences(alone, pair)
