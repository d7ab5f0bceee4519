"""How far a file was sent, kept between runs."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path


def state_folder() -> Path:
    """Where runs remember how far they came."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "pathloom" / "send"


@dataclass(slots=True)
class Sent:
    """What one file and mapping has brought to one platform so far."""

    rows: int = 0
    """Rows from the first on that are done with, without a gap."""
    events: int = 0
    """Events accepted, repeats among them."""
    bad_rows: int = 0
    finished: bool = False


@dataclass(slots=True)
class Ledger:
    """Marks rows as done in any order, and knows up to which row there is no gap."""

    path: Path
    sent: Sent
    _begun: dict[int, int] = field(default_factory=dict)
    _next: int = 0

    @classmethod
    def open(cls, path: Path) -> "Ledger":
        """What the last run wrote; a fresh one where there is none."""
        try:
            sent = Sent(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            sent = Sent()
        return cls(path, sent, {}, sent.rows + 1)

    def begin(self, row: int, events: int) -> None:
        """A row whose `events` events are on their way; 0 for one that needs nothing more."""
        self._begun[row] = events
        self._advance()

    def event_done(self, row: int) -> bool:
        """One event of the row is answered; whether it was the last."""
        self._begun[row] -= 1
        over = self._begun[row] == 0
        self._advance()
        return over

    def _advance(self) -> None:
        while self._begun.get(self._next) == 0:
            del self._begun[self._next]
            self.sent.rows = self._next
            self._next += 1

    def save(self) -> None:
        """Whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self.sent)) + "\n")
        draft.replace(self.path)
