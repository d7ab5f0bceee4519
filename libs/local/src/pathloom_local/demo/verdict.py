"""The comparison as a person reads it."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pathloom_local.demo.compare import ENOUGH_B_CUBED, ENOUGH_F1, Comparison

SHOWN = 20


def verdict(found: Comparison) -> RenderableType:
    """Each of the three, and the first differences of each."""
    contacts, customers, journeys = found.contacts, found.customers, found.journeys
    table = Table("against the truth", "true", "said", "", box=None, pad_edge=False)
    for channel, (true, said) in contacts.by_channel.items():
        table.add_row(f"contacts, {escape(channel)}", str(true), str(said), _mark(true == said))
    table.add_row(
        "legs", str(contacts.legs[0]), str(contacts.legs[1]), _mark(contacts.legs[0] == contacts.legs[1])
    )
    differing = len(contacts.differences)
    table.add_row("contacts and legs that differ", "0", str(differing), _mark(contacts.holds))
    split = len(customers.differences)
    table.add_row(
        f"customers apart that identifiers join, of {customers.true}", "0", str(split), _mark(not split)
    )
    enough = customers.b_cubed >= ENOUGH_B_CUBED
    table.add_row("customers, B³ F1", f"≥ {ENOUGH_B_CUBED:.2f}", f"{customers.b_cubed:.4f}", _mark(enough))
    mixed = len(customers.mixed_households)
    table.add_row("two of a household as one", "0", str(mixed), _mark(not mixed))
    table.add_row(
        "journeys, F1 over pairs", f"≥ {ENOUGH_F1:.2f}", f"{journeys.f1:.4f}", _mark(journeys.holds)
    )
    counts = (
        f"pairs: {journeys.right} right, {journeys.missed} missed, {journeys.wrong} wrong "
        f"(precision {journeys.precision:.4f}, recall {journeys.recall:.4f}); {len(journeys.not_found)} touchpoints not found"
    )
    parts: list[RenderableType] = [table, Text(counts, style="dim")]
    parts += _differences("contacts", contacts.differences)
    parts += _differences("customers", customers.differences)
    parts += _differences("two people as one", customers.confused)
    parts += _differences("households", customers.mixed_households)
    parts += _differences("touchpoints not found", journeys.not_found)
    return Group(*parts)


def _mark(holds: bool) -> str:
    return "[green]✓" if holds else "[red]✗"


def _differences(what: str, found: Sequence[str]) -> list[RenderableType]:
    if not found:
        return []
    lines = [Text(f"{what}: {len(found)}", style="bold"), *(Text(f"  {each}") for each in found[:SHOWN])]
    return [*lines, *([Text(f"  and {len(found) - SHOWN} more")] if len(found) > SHOWN else [])]
