"""How commands speak to the person at the terminal."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.text import Text

from pathloom_local.errors import LocalError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder that holds everything this platform keeps.",
        show_default="PATHLOOM_LOCAL_DATA, else this user's data folder",
    ),
]


def run(work: Coroutine[object, object, None]) -> None:
    """Run a command's work; a failure becomes its message and its exit code (see errors.py)."""
    try:
        asyncio.run(work)
    except LocalError as error:
        err.print(f"[red]pathloom:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


class _BarWhereKnown(BarColumn):
    def render(self, task: Task) -> ProgressBar | Text:  # type: ignore[override]
        return super().render(task) if task.total and task.total > 1 else Text("")


class Steps:
    """A Reporter that shows each step with its time, and a bar where bytes are fetched."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            _BarWhereKnown(bar_width=24),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            console=err,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, step: str) -> None:
        self._tasks[step] = self._progress.add_task(step, total=None, detail="")

    def progress(self, step: str, there: int, total: int) -> None:
        mebibytes = f"{there / 2**20:.0f} of {total / 2**20:.0f} MiB"
        self._progress.update(self._tasks[step], completed=there, total=total, detail=mebibytes)

    def tell(self, step: str, detail: str) -> None:
        self._progress.update(self._tasks[step], detail=detail)

    def done(self, step: str, detail: str = "") -> None:
        self._progress.update(self._tasks[step], completed=1, total=1, detail=detail)

    def note(self, text: str) -> None:
        self._progress.console.print(text)
