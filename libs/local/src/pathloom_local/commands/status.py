"""`pathloom status`: what runs, and whether it is well."""

import json
from dataclasses import asdict
from typing import Annotated

import psutil
import typer
from rich.table import Table

from pathloom_local.commands.console import DataOption, out, run
from pathloom_local.errors import NotRunning
from pathloom_local.folders import default_data_folder
from pathloom_local.readiness import address_ready
from pathloom_local.state import State, read_state


def status(
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program: one JSON object.")] = False,
) -> None:
    """Tell which processes run on a data folder, where they listen, and whether they say they are ready.

    Exit codes: 0 everything is ready, 3 nothing runs there or not everything is ready.
    """
    run(_status(data, as_json))


async def _status(data: DataOption, as_json: bool) -> None:
    root = data or default_data_folder()
    state = read_state(root)
    ready = {name: await _ready(state, name) for name in state.processes}
    if as_json:
        out.print_json(json.dumps({**asdict(state), "ready": ready}))
    else:
        table = Table("process", "pid", "address", "ready", box=None, pad_edge=False)
        for name, pid in state.processes.items():
            address = state.addresses.get(f"{name}-http") or state.addresses[name]
            table.add_row(name, str(pid), address, "[green]yes" if ready[name] else "[red]no")
        out.print(table)
    if not all(ready.values()):
        missing = ", ".join(name for name, well in ready.items() if not well)
        raise NotRunning(f"not ready: {missing}")


async def _ready(state: State, name: str) -> bool:
    if not psutil.pid_exists(state.processes[name]):
        return False
    if name in ("postgres", "neo4j"):
        return await address_ready(state.addresses[name], "tcp")
    if http := state.addresses.get(f"{name}-http"):
        return await address_ready(http, "http")
    return await address_ready(state.addresses[name], "grpc")
