"""Following a feed: each entry has its effect once, whatever dies on the way."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from pathloom_kit.clock import Clock
from pathloom_kit.errors import DomainError, FeedReset
from pathloom_kit.feeds.backoff import Backoff
from pathloom_kit.feeds.client import FeedClient, GrpcFeed
from pathloom_kit.feeds.cursor import LANES, Cursor, Lane
from pathloom_kit.feeds.lane_work import LaneWork, Step
from pathloom_kit.feeds.metrics import FollowerMetrics
from pathloom_kit.feeds.pace import Pace
from pathloom_kit.feeds.page import FeedPage, Numbered, PageHeader, Watermark
from pathloom_kit.feeds.pump import Pump
from pathloom_kit.feeds.stale import StaleCursor
from pathloom_kit.feeds.state import FollowerState, LaneState
from pathloom_kit.feeds.store import FollowerStore
from pathloom_kit.feeds.turns import Turns
from pathloom_kit.logs import describe
from pathloom_kit.transient import is_transient

__all__ = [
    "Backoff",
    "FeedClient",
    "FeedPage",
    "Follower",
    "FollowerState",
    "FollowerStore",
    "GrpcFeed",
    "PageHeader",
    "StaleCursor",
    "Watermark",
]
_log = logging.getLogger(__name__)
E = TypeVar("E", bound=Numbered)
# Entries of a step, however slow the store. Live ones are many: in small steps who has fallen behind stays behind.
_LEAST = {Lane.LIVE: 1000, Lane.BULK: 100}
_LULL_S = 10.0  # without a live entry for so long, nobody waits for a step of history
_AT_LEISURE = 5.0  # times as long a step of history may then take
_LONGEST_REST_S = 0.3


class Follower(Generic[E]):
    """Follows every lane of the given partitions of one feed into a store.

    Live entries go first, bulk keeps its minimum share. A transient failure holds its lane back and is tried again with
    backoff; a page that fails deterministically is applied entry by entry and the failing ones are parked. StaleCursor:
    another replica was faster, the cursors are read again. FeedReset: everything is read again into a new generation.

    A page of at most `max_entries` is applied in steps, each one transaction, of a size that takes about `step_s`: who catches
    up does so in large ones, and what is live waits no longer than that for history. History that nothing live waits behind
    goes in larger ones still: what is named again and again is then worked out once. When all that was live is
    applied the lane rests for as long as the last step took: the busier the machine, the more comes together meanwhile, and
    what a step costs however little is in it is shared by more. Where several followers share a store, `paced` says instead
    when it takes the next step of the live lane (by the loop's clock, see Together): what comes until then is in it.
    """

    def __init__(
        self,
        feed_name: str,
        client: FeedClient[E],
        store: FollowerStore[E],
        clock: Clock,
        *,
        partitions: Sequence[int] = (0,),
        max_entries: int = 5000,
        step_s: float = 0.3,
        bulk_share: float = 0.2,
        paced: Callable[[], float] | None = None,
        transient: Callable[[Exception], bool] = is_transient,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        silence_s: float = 20.0,
    ) -> None:
        self._feed = feed_name
        self._client = client
        self._store = store
        self._clock = clock
        self._partitions = tuple(partitions)
        self._max_entries = max_entries
        self._turns = Turns(bulk_share)
        self._paced = paced
        self._paces = {lane: Pace(_LEAST[lane], max_entries, step_s) for lane in LANES}
        self._transient = transient
        self._backoff = backoff
        self._silence_s = silence_s
        self._ready = asyncio.Event()
        self._live_at = -_LULL_S  # when a live entry was last applied, by the loop's clock
        self._unsettled = 0  # sessions in a row that ended before anything was applied
        self.state = FollowerState(feed_name)
        self._metrics = FollowerMetrics(self.state, clock)

    async def run(self) -> None:
        """Until cancelled."""
        reset: FeedReset | None = None
        while True:
            try:
                if reset is not None:
                    await self._store.restart(self._feed, reset.epoch)
                    reset = None
                await self._session()
            except StaleCursor:
                self.state.stale += 1
                self._metrics.stale()
            except FeedReset as found:
                reset = found
                self.state.restarts += 1
                _log.warning("feed reset, reading again", extra={"feed": self._feed})
            except Exception as error:
                self._note(error)
                _log.exception("follower starts over", extra={"feed": self._feed})
            self._unsettled += 1
            await asyncio.sleep(self._backoff.delay_s(self._unsettled))

    async def _session(self) -> None:
        """From the stored cursors on, until something makes them wrong."""
        works = self._works(await self._store.cursors(self._feed))
        tasks = [asyncio.create_task(work.pump.run()) for work in works]
        loop = asyncio.get_running_loop()
        finish_at: float | None = 0.0
        unfinished = 0
        try:
            while True:
                self._ready.clear()
                work, contended = self._choose(works, loop.time())
                if work is not None:
                    await self._turn(work, contended)
                else:
                    await self._wait(works, loop.time(), finish_at)
                for task in tasks:
                    if task.done():
                        task.result()  # raises only for a fault of ours: start over, loudly
                if finish_at is not None and loop.time() >= finish_at and all(w.complete for w in works):
                    done = await self._finish_restart(works[0].applied.epoch)
                    unfinished += 1
                    finish_at = None if done else loop.time() + self._backoff.delay_s(unfinished)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _works(self, cursors: Mapping[tuple[int, Lane], Cursor]) -> list[LaneWork[E]]:
        # A lane that was never read belongs to the epoch that the others are in.
        epoch = next((cursor.epoch for cursor in cursors.values()), "")
        works = []
        for partition in self._partitions:
            for lane in LANES:
                start = cursors.get((partition, lane)) or Cursor(epoch, partition, lane, 0)
                state = self.state.lanes.setdefault((partition, lane), LaneState(start))
                state.applied, state.caught_up = start, False
                stored = (partition, lane) in cursors
                pump = Pump(
                    self._client,
                    start,
                    self._max_entries,
                    self._backoff,
                    self._ready,
                    self._heard(state),
                    self._silence_s,
                )
                works.append(LaneWork(pump, start if stored else Cursor("", partition, lane, 0)))
        return works

    def _heard(self, state: LaneState) -> Callable[[FeedPage[E]], None]:
        def note(page: FeedPage[E]) -> None:
            state.head = page.header.head
            state.last_heard = self._clock.now()

        return note

    def _choose(self, works: Sequence[LaneWork[E]], now: float) -> tuple[LaneWork[E] | None, bool]:
        ready = [work for work in works if work.pump.slot is not None and self._due(work) <= now]
        live = [work for work in ready if work.applied.lane is Lane.LIVE]
        bulk = [work for work in ready if work.applied.lane is Lane.BULK]
        lane = self._turns.next(bool(live), bool(bulk))
        if lane is None:
            return None, False
        # The one that waited longest: partitions take turns.
        chosen = min(live if lane is Lane.LIVE else bulk, key=lambda work: work.served_at)
        chosen.served_at = now
        return chosen, bool(live) and bool(bulk)

    async def _wait(self, works: Sequence[LaneWork[E]], now: float, finish_at: float | None) -> None:
        held_back = [self._due(work) - now for work in works if work.pump.slot is not None]
        if finish_at is not None and all(work.complete for work in works):
            held_back.append(finish_at - now)
        with suppress(TimeoutError):
            # Not wait_for: on 3.11 it can swallow a cancellation, and the service would never end.
            async with asyncio.timeout(min(held_back, default=None)):
                await self._ready.wait()

    def _due(self, work: LaneWork[E]) -> float:
        page = work.pump.slot
        shows = isinstance(page, FeedPage) and page.entries and work.applied.lane is Lane.LIVE
        return max(work.not_before, self._paced()) if self._paced and shows else work.not_before

    async def _turn(self, work: LaneWork[E], contended: bool) -> None:
        page = work.pump.slot
        if isinstance(page, FeedReset):
            raise page
        assert page is not None
        if work.applied.epoch not in ("", page.header.cursor.epoch):
            raise FeedReset(page.header.cursor.epoch)
        step = work.next_step(page, self._paces[work.applied.lane].size)
        if step is None:
            work.finish(page)
        else:
            await self._take(work, step, page)
            self._turns.spent(work.applied.lane, len(step.entries), contended)
        state = self.state.lanes[work.applied.partition, work.applied.lane]
        state.applied, state.caught_up, state.failures = work.applied, work.caught_up, work.failures
        state.watermarks = work.watermarks

    async def _take(self, work: LaneWork[E], step: Step[E], page: FeedPage[E]) -> None:
        begun = asyncio.get_running_loop().time()
        try:
            with self._metrics.applying(step):
                await self._store.apply(self._feed, step.entries, step.expected, step.new, step.watermarks)
        except StaleCursor:
            raise
        except Exception as error:
            self._note(error)
            if self._transient(error) or not step.entries:
                self._paces[step.new.lane].failed()
                self._hold_back(work)
                return
            if len(step.entries) > 1:
                work.single_out(step)
                return
            if not await self._park(work, step, error):
                return
        else:
            self.state.applied_entries += len(step.entries)
            self._took(step, begun, asyncio.get_running_loop().time())
        self._unsettled = 0
        work.stepped(step, page)
        if not self._paced and step.entries and step.new.lane is Lane.LIVE and step.last and work.caught_up:
            ended = asyncio.get_running_loop().time()
            work.not_before = ended + min(ended - begun, _LONGEST_REST_S)

    def _took(self, step: Step[E], begun: float, ended: float) -> None:
        lane, seconds = step.new.lane, ended - begun
        if lane is Lane.LIVE and step.entries:
            self._live_at = ended
        elif lane is Lane.BULK and ended - self._live_at > _LULL_S:
            seconds /= _AT_LEISURE
        self._paces[lane].took(len(step.entries), seconds)

    async def _park(self, work: LaneWork[E], step: Step[E], cause: Exception) -> bool:
        reason = f"{cause.reason}: {cause.detail}" if isinstance(cause, DomainError) else describe(cause)
        try:
            await self._store.park(self._feed, step.entries[0], reason, step.expected, step.new)
        except StaleCursor:
            raise
        except Exception as error:
            self._note(error)
            self._hold_back(work)
            return False
        self.state.parked += 1
        self._metrics.parked()
        _log.error(
            "entry parked",
            extra={"feed": self._feed, "lane": step.new.lane.name, "n": step.entries[0].n, "reason": reason},
        )
        return True

    async def _finish_restart(self, epoch: str) -> bool:
        try:
            return await self._store.finish_restart(self._feed, epoch)
        except Exception as error:
            self._note(error)
            _log.exception("finishing the reading again failed, will try again", extra={"feed": self._feed})
            return False

    def _hold_back(self, work: LaneWork[E]) -> None:
        work.failures += 1
        work.not_before = asyncio.get_running_loop().time() + self._backoff.delay_s(work.failures)
        _log.warning(
            "feed lane held back",
            extra={
                "feed": self._feed,
                "lane": work.applied.lane.name,
                "failures": work.failures,
                "error": self.state.last_error,
            },
        )

    def _note(self, error: Exception) -> None:
        self.state.last_error = describe(error)
