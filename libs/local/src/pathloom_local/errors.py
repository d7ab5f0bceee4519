"""What can go wrong on one machine, each with the exit code that `pathloom` answers.

Exit codes: 0 done; 1 a step failed; 2 the command line is wrong; 3 nothing runs here, or not all of it;
4 the data folder is in use by another start; 5 a fetched or cached file is not the pinned one;
6 the platform refused: a wrong key, a field at fault; 130 ended by Ctrl-C.
"""

from pathlib import Path


class LocalError(Exception):
    """A failure that the person at the terminal can act upon; its text says what to do."""

    exit_code = 1


class StepFailed(LocalError):
    """A process ended, or was not ready in time. Carries the last lines of its log."""

    def __init__(self, what: str, log: Path | None = None) -> None:
        tail = _last_lines(log) if log else ""
        super().__init__(f"{what}\n\nThe end of {log}:\n{tail}" if tail else what)


class NotRunning(LocalError):
    """Nothing runs on this data folder, or not everything that should."""

    exit_code = 3


class NotFound(LocalError):
    """The platform answers, and what was asked for is not there."""


class Refused(LocalError):
    """The platform refused the call: a wrong key, a field at fault."""

    exit_code = 6


class FolderInUse(LocalError):
    """Another start holds the lock of this data folder."""

    exit_code = 4


class WrongFile(LocalError):
    """A file differs from the one that the committed lock pins."""

    exit_code = 5


def _last_lines(log: Path, count: int = 20) -> str:
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-count:])
