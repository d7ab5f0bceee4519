"""`pathloom send`: history from a file, through the ingest door."""

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import Where, read_key, where
from pathloom_local.commands.console import DataOption, err, out, run
from pathloom_local.commands.options import JsonOption, KeyFileOption, UrlOption
from pathloom_local.errors import LocalError
from pathloom_local.folders import default_data_folder
from pathloom_local.send.expressions import BadValue
from pathloom_local.send.mapping import FileMap, read_map
from pathloom_local.send.progress import Ledger, state_folder
from pathloom_local.send.reading import check_columns, fingerprint, rows, with_names
from pathloom_local.send.run import BadRow, Run

SHOWN = 20


class BadRows(LocalError):
    """Some rows were not taken; the good ones were."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line says."""

    file: Path
    map_file: Path
    mapping: FileMap
    live: bool
    again: bool
    report: Path | None
    under_way: int
    patience_s: float
    as_json: bool


def send(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet; gzip or not.")],
    map_file: Annotated[
        Path, typer.Option("--map", help="Mapping file (docs/send.md): which column is what.")
    ],
    data: DataOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    ingest_key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with an ingest key of a source already declared.",
            show_default="the source is declared, a key made",
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="In the live lane: what happens now, not history.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="From the first row, whatever an earlier run did.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Read and map every row, send nothing.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write every bad row here, as JSON lines (line, what).")
    ] = None,
    under_way: Annotated[int, typer.Option(min=1, max=32, help="Batches under way at once.")] = 4,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to wait out a platform that does not answer.")
    ] = 300,
    as_json: JsonOption = False,
) -> None:
    """Send history: the mapping file says which column or nested path is what.

    It goes in the bulk lane, so that a ringing call never waits behind it. A run that stopped goes on where it stopped, and a second
    run adds nothing. A row that cannot be mapped, or that the platform refuses, is told by its line; the others are sent. A column that
    the mapping names and the file does not have stops the run before the first row.

    Exit codes: 0 every row is in, 1 some rows are bad (the others are in), 2 the mapping or the file is wrong, 3 the platform does not
    answer, 6 it refused the key or the source.
    """

    async def work() -> None:
        mapping = read_map(map_file)
        asked = _Asked(file, map_file, mapping, live, again, report, under_way, patience, as_json)
        check_columns(file, mapping)
        if check:
            _check(asked)
        elif ingest_key_file and url:
            await _send(asked, Where(url.rstrip("/"), ""), read_key(ingest_key_file))
        else:
            door = where(data or default_data_folder(), url, key_file)
            await _send(asked, door, read_key(ingest_key_file) if ingest_key_file else "")

    run(work())


def _check(asked: _Asked) -> None:
    count, events, bad = 0, 0, []
    for row in rows(asked.file, asked.mapping):
        count += 1
        try:
            if row.problem:
                raise BadValue(row.problem)
            events += len(asked.mapping.messages(with_names(row)))
        except BadValue as error:
            bad.append(BadRow(row.line, str(error)))
    _tell(asked, {"rows": count, "events": events, "bad_rows": len(bad), "sent": False}, bad)


async def _send(asked: _Asked, door: Where, ingest_key: str) -> None:
    async with PublicApi(door.url, door.key, asked.patience_s) as api:
        ledger = Ledger.open(state_folder() / f"{await _place(api, asked)}.json")
        if asked.again:
            ledger.path.unlink(missing_ok=True)
            ledger = Ledger.open(ledger.path)
        if ledger.sent.finished:
            was = ledger.sent
            _tell(
                asked,
                {"rows": was.rows, "events": was.events, "bad_rows": was.bad_rows, "sent": False},
                [],
                "sent already, nothing was added (--again sends it anew)",
            )
            return
        resumed = ledger.sent.rows
        if resumed and not asked.as_json:
            err.print(f"an earlier run came as far as row {resumed}; going on from there")
        async with _key(api, asked, ingest_key) as key:
            with _shown(asked, ledger) as told:
                one = Run(asked.file, asked.mapping, key, not asked.live, ledger, told)
                await one(api, asked.under_way)
        sent = ledger.sent
        summary = {
            "rows": sent.rows,
            "events": sent.events,
            "bad_rows": sent.bad_rows,
            "sent": True,
            "resumed_after_row": resumed,
            "position": one.position,
        }
        _tell(asked, summary, one.bad)


@contextlib.asynccontextmanager
async def _key(api: PublicApi, asked: _Asked, given: str) -> AsyncIterator[str]:
    """The key to send with: the one given, else one made for this run, of the source that the mapping declares."""
    if given:
        yield given
        return
    await api.put_source(asked.mapping.source)
    key_id, key = await api.create_key(
        f"pathloom send {asked.file.name}"[:128], ["ingest"], asked.mapping.source_id
    )
    try:
        yield key
    finally:
        with contextlib.suppress(LocalError):
            await api.revoke_key(key_id)


async def _place(api: PublicApi, asked: _Asked) -> str:
    """Names what was sent where: the file, the mapping, and the platform by its epoch (a new or restored one knows nothing of
    what was sent before). Without a key that may ask, by its address."""
    platform = api.url
    with contextlib.suppress(LocalError):
        status = await api.status()
        epochs = [
            feed.head.epoch for service in status.services for feed in service.feeds if feed.feed == "events"
        ]
        platform = epochs[0] if epochs else platform
    lane = "live" if asked.live else "bulk"
    said = [fingerprint(asked.file, asked.map_file), platform, asked.mapping.source_id, lane]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


@contextlib.contextmanager
def _shown(asked: _Asked, ledger: Ledger) -> Iterator["_Bar"]:
    total = sum(1 for _ in rows(asked.file, asked.mapping))
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
        console=err,
        disable=asked.as_json,
    ) as progress:
        yield _Bar(progress, asked.file.name, total, ledger)


class _Bar:
    def __init__(self, progress: Progress, name: str, total: int, ledger: Ledger) -> None:
        self._progress = progress
        self._task = progress.add_task(escape(name), total=total, completed=ledger.sent.rows, detail="")

    def __call__(self, one: Run) -> None:
        rate = one.events_sent / max(self._progress.tasks[0].elapsed or 0.0, 0.001)
        detail = f"{one.events_sent} events, {rate:.0f}/s" + (
            f", [red]{len(one.bad)} bad[/red]" if one.bad else ""
        )
        self._progress.update(self._task, completed=one.ledger.sent.rows, detail=detail)


def _tell(asked: _Asked, summary: dict[str, object], bad: list[BadRow], words: str = "") -> None:
    bad = sorted(bad, key=lambda row: row.line)
    if asked.report:
        lines = (json.dumps({"line": row.line, "what": row.what}) for row in bad)
        asked.report.write_text("".join(f"{line}\n" for line in lines))
    if asked.as_json:
        shown = [{"line": row.line, "what": row.what} for row in bad[:SHOWN]]
        out.print_json(json.dumps({**summary, "bad": shown}))
    else:
        verb = words or ("sent" if summary["sent"] else "checked, nothing was sent")
        out.print(
            f"{asked.file.name}: {summary['rows']} rows, {summary['events']} events, {summary['bad_rows']} bad rows; {verb}",
            soft_wrap=True,
        )
        for row in bad[:SHOWN]:
            err.print(f"  line {row.line}: {escape(row.what)}", soft_wrap=True)
        if len(bad) > SHOWN:
            err.print(f"  and {len(bad) - SHOWN} more; --report FILE writes all of them")
    if summary["bad_rows"]:
        raise BadRows(
            f"{summary['bad_rows']} rows are bad; the others are {'in' if summary['sent'] else 'good'}"
        )
