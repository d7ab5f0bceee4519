"""Records events: requests that arrive while a commit is under way share the next one."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

from pathloom_kit.clock import Clock
from pathloom_kit.errors import DomainError, Unavailable
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.transient import is_transient

from pathloom_identity.application.door import Door
from pathloom_identity.application.errors import SourceNotFound
from pathloom_identity.application.ports import Appended, AppendRequest, EventLog
from pathloom_identity.application.times import micros

MAX_EVENTS = 5000


@dataclass
class RecordEvents:
    """Group commit. Run `run()` beside the server; calls made before wait for it."""

    log: EventLog
    clock: Clock
    recorded: Callable[[], None]
    """Called after each commit."""
    door: Door = field(default_factory=Door)
    max_waiting: int = 200_000
    _queue: deque[tuple[AppendRequest, "asyncio.Future[Appended]"]] = field(default_factory=deque)
    _waiting: int = 0
    _something: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: AppendRequest) -> Appended:
        """Answers after the commit. SourceNotFound; Unavailable when nothing could be committed."""
        size = len(request.events) + len(request.refused)
        if self._waiting + size > self.max_waiting:
            raise Unavailable("too many events are waiting for the log", retry_after_s=1.0)
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._queue.append((request, future))
        self._waiting += size
        self._something.set()
        return await future

    async def run(self) -> None:
        """Commits until cancelled; what was taken up is then still committed and answered."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._queue:
                commit = asyncio.ensure_future(self._commit(self._next()))
                try:
                    # A commit under way is never cut off: its outcome would be unknown to the callers.
                    await asyncio.shield(commit)
                except asyncio.CancelledError:
                    await commit
                    raise

    def _next(self) -> list[tuple[AppendRequest, "asyncio.Future[Appended]"]]:
        taken: list[tuple[AppendRequest, asyncio.Future[Appended]]] = []
        events = 0
        while self._queue and (not taken or events + _size(self._queue[0][0]) <= MAX_EVENTS):
            request, future = self._queue.popleft()
            self._waiting -= _size(request)
            events += _size(request)
            taken.append((request, future))
        return taken

    async def _commit(self, taken: list[tuple[AppendRequest, "asyncio.Future[Appended]"]]) -> None:
        history = any(request.lane is Lane.BULK for request, _ in taken)
        try:
            with self.door.taking() if history else nullcontext():
                found = await self.log.append([request for request, _ in taken], micros(self.clock.now()))
        except Exception as error:
            await self._failed(taken, error)
            return
        self.recorded()
        for (_, future), answer in zip(taken, found, strict=True):
            if future.done():  # its caller has gone
                continue
            if isinstance(answer, SourceNotFound):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    async def _failed(
        self, taken: list[tuple[AppendRequest, "asyncio.Future[Appended]"]], error: Exception
    ) -> None:
        if len(taken) > 1 and not is_transient(error):
            # One of them cannot be written: the others must not pay for it.
            for one in taken:
                await self._commit([one])
            return
        answer = error if isinstance(error, DomainError) or not is_transient(error) else _unavailable()
        for _, future in taken:
            if not future.done():
                future.set_exception(answer)


def _unavailable() -> Unavailable:
    return Unavailable("the log could not be written", retry_after_s=1.0)


def _size(request: AppendRequest) -> int:
    return len(request.events) + len(request.refused)
