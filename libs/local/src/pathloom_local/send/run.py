"""One run of `pathloom send`: rows become events, events become batches, and what was answered is remembered."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pathloom_local.api.client import PublicApi, Taken
from pathloom_local.api.sender import LARGEST_EVENT, Batch, Outgoing, batches, encoded, send
from pathloom_local.send.expressions import BadValue
from pathloom_local.send.mapping import FileMap
from pathloom_local.send.progress import Ledger
from pathloom_local.send.reading import FileRow, rows, with_names

SAVE_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not sent, or an event of it that the platform refused. No value of the row is in it."""

    line: int
    what: str


@dataclass(slots=True)
class Run:
    """Sends a file from where the ledger stands. `told` is called after each change, from any thread."""

    path: Path
    mapping: FileMap
    key: str
    bulk: bool
    ledger: Ledger
    told: Callable[["Run"], None] = lambda run: None
    rows_read: int = 0
    events_sent: int = 0
    events_accepted: int = 0
    bad: list[BadRow] = field(default_factory=list)
    position: str = ""
    _lines: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _saved: float = 0.0

    async def __call__(self, api: PublicApi, under_way: int = 4) -> None:
        """Returns when every good row is durable. Raises what PublicApi raises; the ledger is saved either way."""
        try:
            await send(api, batches(self._outgoing()), self._answered, under_way)
            with self._lock:
                self.ledger.sent.finished = True
        finally:
            with self._lock:
                self.ledger.save()

    def _outgoing(self) -> Iterator[Outgoing]:
        done_before = self.ledger.sent.rows
        for row in rows(self.path, self.mapping):
            self.rows_read = row.number
            if row.number <= done_before:
                continue
            messages = self._messages(row)
            with self._lock:
                if messages:
                    self._lines[row.number] = row.line
                self.ledger.begin(row.number, len(messages))
            self.told(self)
            for message in messages:
                yield Outgoing(self.key, self.bulk, message, row.number)

    def _messages(self, row: FileRow) -> list[dict[str, object]]:
        problem = row.problem
        if not problem:
            try:
                messages = self.mapping.messages(with_names(row))
            except BadValue as error:
                problem = str(error)
            else:
                if all(len(encoded(message)) <= LARGEST_EVENT for message in messages):
                    return messages
                problem = f"makes an event of more than {LARGEST_EVENT} bytes"
        self._refuse(BadRow(row.line, problem))
        return []

    def _answered(self, batch: Batch, taken: Taken) -> None:
        for error in taken.errors:
            line = self._lines[batch.marks[int(error["index"])]]
            field_ = f" {error['field']}" if error.get("field") else ""
            self._refuse(
                BadRow(line, f"refused: {error['reason']}{field_} {error.get('detail', '')}".rstrip())
            )
        with self._lock:
            self.events_sent += len(batch.events)
            self.events_accepted += taken.accepted
            self.ledger.sent.events += taken.accepted
            self.position = taken.position or self.position
            for mark in batch.marks:
                if self.ledger.event_done(mark):
                    del self._lines[mark]
            if time.monotonic() - self._saved > SAVE_EVERY_S:
                self._saved = time.monotonic()
                self.ledger.save()
        self.told(self)

    def _refuse(self, bad: BadRow) -> None:
        with self._lock:
            self.bad.append(bad)
            self.ledger.sent.bad_rows += 1
