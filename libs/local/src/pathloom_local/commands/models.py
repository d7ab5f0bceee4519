"""`pathloom identity activate`, `rollback` and `models`: the model by which a platform decides who is who."""

import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf import json_format
from pathloom.identity.v1 import customers_pb2
from rich.markup import escape
from rich.table import Table

from pathloom_local.commands.console import DataOption, out, run
from pathloom_local.commands.options import JsonOption, KeyFileOption, UrlOption, open_api
from pathloom_local.identity.models import read_text

ReasonOption = Annotated[str, typer.Option(help="Why, for the list of models.")]


def activate(
    file: Annotated[Path, typer.Argument(help="Model file, as --model-out and train write it.")],
    reason: ReasonOption = "",
    data: DataOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Put a model in force on a platform.

    Everybody is weighed anew in the background while it answers; `pathloom identity models` says how far that is. The model goes before
    the one that the platform's setting names, also at later starts. The one in force again changes nothing.

    Exit codes: 0 it is in force; 2 the file cannot be read; 3 the platform does not answer; 6 it refused the key or the model.
    """
    run(_put_in_force(lambda: {"model": read_text(file)}, reason, data, url, key_file))


def rollback(
    number: Annotated[int, typer.Argument(min=1, help="Of a model that was in force, see `models`.")],
    reason: ReasonOption = "",
    data: DataOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Put a model in force again that was before.

    Exit codes: 0 it is in force; 1 there is none of this number; 3 the platform does not answer; 6 it refused the key or the model.
    """
    run(_put_in_force(lambda: {"number": number}, reason, data, url, key_file))


def models(
    data: DataOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the models of a platform, the one in force first, and say how far everybody is weighed by it.

    Exit codes: 0 listed; 3 the platform does not answer; 6 it refused the key.
    """

    async def work() -> None:
        async with open_api(data, url, key_file) as api:
            found = await api.models()
        if as_json:
            out.print_json(json.dumps(json_format.MessageToDict(found, preserving_proto_field_name=True)))
            return
        out.print(_table(found))
        left = f"{found.to_weigh} of them still to be weighed" if found.to_weigh else "all weighed"
        out.print(f"{found.records} records of persons, {left} by the model in force")

    run(work())


async def _put_in_force(
    which: Callable[[], dict[str, str | int]],
    reason: str,
    data: Path | None,
    url: str | None,
    key_file: Path | None,
) -> None:
    said = which()
    async with open_api(data, url, key_file) as api:
        number = await api.activate_model({**said, "reason": reason})
    out.print(f"model {number} is in force")


def _table(found: customers_pb2.ListModelsResponse) -> Table:
    table = Table("number", "version", "in force since", "by", "why", box=None, pad_edge=False)
    for one in found.models:
        since = f"{one.since.ToDatetime(tzinfo=UTC):%Y-%m-%d %H:%M} UTC"
        table.add_row(
            str(one.number),
            escape(one.version),
            since,
            escape(one.actor or "the setting"),
            escape(one.reason),
        )
    return table
