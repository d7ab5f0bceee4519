"""`pathloom status`: what runs, whether it is well, and whether everything accepted is in the view."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from google.protobuf import json_format
from pathloom.gateway.v1 import admin_pb2
from rich.table import Table

from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import where
from pathloom_local.commands.console import DataOption, out, run
from pathloom_local.commands.options import JsonOption, KeyFileOption, UrlOption
from pathloom_local.errors import LocalError, NotRunning
from pathloom_local.folders import default_data_folder
from pathloom_local.readiness import address_ready
from pathloom_local.state import State, read_state


class NotSettled(LocalError):
    """Not everything accepted is in the view, or something was set aside."""


def status(
    data: DataOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    settled: Annotated[
        bool,
        typer.Option(
            "--settled", help="Exit 1 unless everything accepted so far is in the view and nothing is parked."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell which processes run on a data folder and are ready, how far each feed is, and what waits or was set aside.

    With --url it asks another platform, of which it knows no processes.

    Exit codes: 0 everything is ready, 1 with --settled: not settled or something is parked, 3 nothing runs there or not everything is ready,
    6 the platform refused the key.
    """
    run(_status(data or default_data_folder(), url, key_file, settled, as_json))


async def _status(data: Path, url: str | None, key_file: Path | None, settled: bool, as_json: bool) -> None:
    state = None if url else read_state(data)
    ready = {name: await _ready(state, name) for name in state.processes} if state else {}
    said: admin_pb2.GetStatusResponse | None = None
    if url or ready.get("gateway"):
        door = where(data, url, key_file)
        async with PublicApi(door.url, door.key, patience_s=5) as api:
            said = await api.status()
    if as_json:
        whole: dict[str, Any] = {**asdict(state), "ready": ready} if state else {}
        if said is not None:
            whole["platform"] = json_format.MessageToDict(said, preserving_proto_field_name=True)
        out.print_json(json.dumps(whole))
    else:
        if state:
            out.print(_processes(state, ready))
        if said is not None:
            out.print(_feeds(said))
            out.print(
                f"{said.customers} customers, {said.journeys} journeys; {said.parked} parked, {said.quarantined} in quarantine; "
                + ("[green]settled[/green]" if said.settled else "[yellow]not settled[/yellow]")
            )
            if names := filling(said):
                out.print(
                    f"filling from the start: {', '.join(names)}; until then the view keeps what it had"
                )
    away = [name for name, well in ready.items() if not well]
    away += [each.name for each in said.services if not each.reachable] if said else []
    if away:
        raise NotRunning(f"not ready: {', '.join(dict.fromkeys(away))}")
    if settled and (said is None or not said.settled or said.parked):
        raise NotSettled(
            "not settled" if said is None or not said.settled else f"{said.parked} entries are parked"
        )


def filling(said: admin_pb2.GetStatusResponse) -> list[str]:
    """The services that have yet to read everything once: new, emptied or restored ones."""
    return [each.name for each in said.services if any(feed.refilling for feed in each.feeds)]


def _processes(state: State, ready: dict[str, bool]) -> Table:
    table = Table("process", "pid", "address", "ready", box=None, pad_edge=False)
    for name, pid in state.processes.items():
        address = state.addresses.get(f"{name}-http") or state.addresses[name]
        table.add_row(name, str(pid), address, "[green]yes" if ready[name] else "[red]no")
    return table


def _feeds(said: admin_pb2.GetStatusResponse) -> Table:
    table = Table("feed at the gateway", "lane", "applied", "head", box=None, pad_edge=False)
    for lag in said.feeds:
        behind = lag.head > lag.applied
        table.add_row(lag.feed, lag.lane, f"{'[yellow]' if behind else ''}{lag.applied}", str(lag.head))
    return table


async def _ready(state: State, name: str) -> bool:
    if not psutil.pid_exists(state.processes[name]):
        return False
    if name in ("postgres", "neo4j"):
        return await address_ready(state.addresses[name], "tcp")
    if http := state.addresses.get(f"{name}-http"):
        return await address_ready(http, "http")
    return await address_ready(state.addresses[name], "grpc")
