"""Public history: Volvo IT's incidents fold into one contact for each ticket, its departments along the legs."""

import csv
import gzip
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest
from pathloom_journey_graph.adapters.blueprint_files import load_blueprints
from pathloom_journey_graph.domain.cut import cut
from pathloom_journey_graph.domain.fold import fold_item
from pathloom_journey_graph.domain.names import event_key
from pathloom_journey_graph.domain.paths import Path as Taken
from pathloom_journey_graph.domain.paths import steps_of_journey, variants
from pathloom_journey_graph.domain.values import DAY, SECOND, Piece, contact_key

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared/data/journey/bpi2013_vinst.csv.gz"


@pytest.mark.skipif(not DATA.exists(), reason=f"the public data set is not there: {DATA}")
def test_tickets_with_two_or_more_departments_are_counted_exactly() -> None:
    blueprints = load_blueprints([ROOT / "examples/volvo/blueprint.yaml"])
    watched, tickets = blueprints.watched(), defaultdict(list)
    with gzip.open(DATA, "rt", encoding="utf-8-sig") as file:
        for n, row in enumerate(csv.DictReader(file)):
            ticket = row["SR Number"]
            at = round(datetime.fromisoformat(row["Change Date+Time"]).timestamp() * SECOND)
            record, contact = f"volvo|user|{ticket}", contact_key("volvo", ticket)
            props = {"contact_id": ticket, "department": row["Involved ST"], "level": row["ST Level"]}
            said = [(f"Incident {row['Status']}", props)]
            if row["Status"] == "Completed":
                said.append(("Contact Ended", {"contact_id": ticket, "incident_status": row["Sub Status"]}))
            for k, (name, values) in enumerate(said):
                tickets[contact].append(
                    Piece(f"e{n:06}-{k}", "volvo", f"{n}-{k}", "track", name, event_key(name), record, contact, at, at, values, "ticket")
                )  # fmt: skip
    paths = []
    for contact, pieces in tickets.items():
        item = fold_item(contact, "contact", contact, pieces, watched=watched)
        assert item is not None
        (journey,) = cut([item], blueprints, 2_000_000_000 * SECOND + DAY)
        paths.append(Taken(steps_of_journey(journey, "department"), True, 1))
    found = variants(paths, 500)
    assert found.total == 7554
    assert sum(n for departments, n in found.by_distinct_steps.items() if departments >= 2) == 3820
