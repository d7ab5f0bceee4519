"""Histories that nobody here made, through `pathloom send`'s own parts: what the platform counts is what the files hold.

Skipped, and saying so, where ../shared/data is absent.
"""

import csv
import gzip
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pathloom_local.send.mapping import FileMap, read_map
from pathloom_local.send.progress import Ledger
from pathloom_local.send.run import Run

if TYPE_CHECKING:
    from tests.conftest import RunningPlatform

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
VOLVO = DATA / "journey" / "bpi2013_vinst.csv.gz"
SHOP = DATA / "journey" / "retentioneering_ecom.csv.gz"
PEOPLE = DATA / "identity" / "fake_1000.csv"
HANDED_OVER = 3820

pytestmark = pytest.mark.platform


def present(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


async def send(platform: "RunningPlatform", path: Path, mapping: FileMap, folder: Path) -> Run:
    await platform.make_source(
        mapping.source_id, **{k: v for k, v in mapping.source.items() if k != "source_id"}
    )
    key = await platform.make_key(mapping.source_id)
    run = Run(path, mapping, key, True, Ledger.open(folder / "ledger.json"))
    await run(platform.api)
    assert run.bad == []
    return run


def tickets(path: Path) -> dict[str, set[str]]:
    """Support teams by ticket."""
    teams: dict[str, set[str]] = defaultdict(set)
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            teams[row["SR Number"]].add(row["Involved ST"])
    return teams


def some_tickets(path: Path, folder: Path, every: int) -> Path:
    """A file with all rows of each `every`th ticket."""
    chosen = set(sorted(tickets(path))[::every])
    made = folder / "some.csv.gz"
    with (
        gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file,
        gzip.open(made, "wt", newline="") as out,
    ):
        reader = csv.DictReader(file)
        writer = csv.DictWriter(out, reader.fieldnames or [])
        writer.writeheader()
        writer.writerows(row for row in reader if row["SR Number"] in chosen)
    return made


async def handed_over(platform: "RunningPlatform") -> tuple[int, int]:
    """Of the incidents' journeys: those through two departments or more, and all."""
    found = await platform.api.variants(
        filter={"goal": "incident_solved"}, step_by="STEP_BY_DEPARTMENT", limit=500
    )
    assert sum(each.journeys for each in found.variants) + found.other == found.total
    by_steps = found.journeys_by_distinct_steps
    assert sum(by_steps.values()) == found.total
    return sum(count for steps, count in by_steps.items() if steps >= 2), found.total


async def test_some_incidents_are_counted_as_the_file_has_them(
    platform: "RunningPlatform", tmp_path: Path
) -> None:
    path = some_tickets(present(VOLVO), tmp_path, every=80)
    truth = tickets(path)
    await send(platform, path, read_map(ROOT / "examples" / "volvo" / "map.yaml"), tmp_path)
    await platform.settled(240)
    expected = sum(len(teams) >= 2 for teams in truth.values())
    assert await handed_over(platform) == (expected, len(truth))


@pytest.mark.soak
async def test_all_incidents_are_counted_as_the_file_has_them(
    platform: "RunningPlatform", tmp_path: Path
) -> None:
    await send(platform, present(VOLVO), read_map(ROOT / "examples" / "volvo" / "map.yaml"), tmp_path)
    await platform.settled(3600)
    assert await handed_over(platform) == (HANDED_OVER, 7554)


async def test_person_records_with_the_same_address_are_one_customer(
    platform: "RunningPlatform", tmp_path: Path
) -> None:
    path = present(PEOPLE)
    await send(platform, path, read_map(ROOT / "examples" / "people" / "map.yaml"), tmp_path)
    await platform.settled(240)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_email: dict[str, list[str]] = defaultdict(list)
    people = Counter(row["cluster"] for row in rows)
    for row in rows:
        if row["email"].strip():
            by_email[row["email"].strip().lower()].append(row["cluster"])
    for email, members in list(by_email.items())[:60]:
        found = await platform.api.look_up({"identifier": {"type": "email", "value": email}})
        assert found.view.customer_id, "one customer for each address"
        # Evidence may bring further records of these people, and nobody else's.
        records = len(found.view.known_as) + found.view.more_records
        assert len(members) <= records <= sum(people[person] for person in set(members))
