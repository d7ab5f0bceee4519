"""A follower's measurements and spans."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any
from weakref import WeakSet

from opentelemetry.metrics import CallbackOptions, Observation

from pathloom_kit import telemetry
from pathloom_kit import telemetry_names as names
from pathloom_kit.clock import Clock
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.lane_work import Step
from pathloom_kit.feeds.state import FollowerState

_MAX_LINKS = 32
_followers: "WeakSet[FollowerMetrics]" = WeakSet()


class FollowerMetrics:
    """Lag, silence and what was applied, by feed, partition and lane."""

    def __init__(self, state: FollowerState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        meter = telemetry.meter()
        # The SDK keeps the callbacks of the first registration only: one gauge observes all followers.
        meter.create_observable_gauge(names.FEED_LAG, [_lags])
        meter.create_observable_gauge(names.FEED_SILENCE, [_silences], unit="s")
        _followers.add(self)
        self._applied = meter.create_counter(names.FEED_APPLIED)
        self._parked = meter.create_counter(names.FEED_PARKED)
        self._stale = meter.create_counter(names.FEED_STALE)

    @contextmanager
    def applying(self, step: Step[Any]) -> Iterator[None]:
        """A span around one transaction, linked to what caused its entries."""
        causes = [getattr(entry, "traceparent", "") for entry in step.entries]
        with apply_span(self._state.feed, step.new.lane, causes):
            yield
        self._applied.add(len(step.entries), {names.FEED: self._state.feed, names.LANE: step.new.lane.name})

    def parked(self) -> None:
        self._parked.add(1, {names.FEED: self._state.feed})

    def stale(self) -> None:
        self._stale.add(1, {names.FEED: self._state.feed})

    def lags(self) -> Iterable[Observation]:
        for (partition, lane), state in self._state.lanes.items():
            yield Observation(state.lag, self._where(partition, lane.name))

    def silences(self) -> Iterable[Observation]:
        now = self._clock.now()
        for (partition, lane), state in self._state.lanes.items():
            if state.last_heard is not None:
                yield Observation((now - state.last_heard).total_seconds(), self._where(partition, lane.name))

    def _where(self, partition: int, lane: str) -> dict[str, str | int]:
        return {names.FEED: self._state.feed, names.PARTITION: partition, names.LANE: lane}


@contextmanager
def apply_span(feed: str, lane: Lane, causes: Sequence[str]) -> Iterator[None]:
    """A span around applying entries, linked to what caused the newest of them; `causes` are their traceparents."""
    links = map(telemetry.link_from, dict.fromkeys(reversed(causes)))
    with telemetry.tracer().start_as_current_span(
        names.SPAN_APPLY,
        attributes={names.FEED: feed, names.LANE: lane.name, names.ENTRIES: len(causes)},
        links=list(islice((link for link in links if link is not None), _MAX_LINKS)),
        record_exception=False,
    ):
        yield


def _lags(_: CallbackOptions) -> Iterable[Observation]:
    return [observation for follower in _followers for observation in follower.lags()]


def _silences(_: CallbackOptions) -> Iterable[Observation]:
    return [observation for follower in _followers for observation in follower.silences()]
