"""`pathloom trace`: what became of an event."""

import json
from typing import Annotated

import typer
from google.protobuf import json_format
from pathloom.gateway.v1 import admin_pb2
from rich.markup import escape
from rich.table import Table

from pathloom_local.commands.console import DataOption, out, run
from pathloom_local.commands.options import JsonOption, KeyFileOption, UrlOption, open_api
from pathloom_local.errors import LocalError

# Accepted is the end of the way for what belongs to no customer; anything else goes on to the view.
_THERE = ("visible", "erased", "accepted")


class NotThere(LocalError):
    """The event has not come as far as the view."""


def trace(
    message_id: Annotated[
        str, typer.Argument(help="The event's id within its source (messageId, CloudEvents' id).")
    ],
    source: Annotated[str, typer.Option(help="The source that sent it.", show_default="any")] = "",
    data: DataOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what became of an event: accepted, record, touchpoint, journey, customer; or waiting, quarantined, parked, and why.

    Exit codes: 0 it is in the view (or was erased, or belongs to no customer), 1 it is not there, waits, or was set aside, 3 the platform does not answer, 6 it refused the call.
    """

    async def work() -> None:
        async with open_api(data, url, key_file) as api:
            found = await api.trace(message_id, source)
        if as_json:
            out.print_json(json.dumps(json_format.MessageToDict(found, preserving_proto_field_name=True)))
        else:
            _show(found)
        if found.state not in _THERE:
            raise NotThere(f"the event is {found.state}{f': {found.reason}' if found.reason else ''}")

    run(work())


def _show(found: admin_pb2.TraceEventResponse) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    rows = [
        ("state", found.state),
        ("why", " ".join(part for part in (found.reason, found.detail) if part)),
        ("received", found.received_at.ToJsonString() if found.HasField("received_at") else ""),
        ("record", found.record),
        ("touchpoint", found.touchpoint_id),
        ("journey", found.journey_id),
        ("customer", found.customer_id),
    ]
    for name, value in rows:
        if value:
            table.add_row(f"[dim]{name}", escape(value))
    for step in found.steps:
        table.add_row(
            f"[dim]{step.step}",
            f"{'[green]✓[/green]' if step.done else '[yellow]…[/yellow]'} {escape(step.detail)}",
        )
    out.print(table)
