"""Several followers of one process are all seen in the measurements."""

from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from pathloom_kit import telemetry
from pathloom_kit import telemetry_names as names
from pathloom_kit.clock import ManualClock
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.metrics import FollowerMetrics
from pathloom_kit.feeds.state import FollowerState, LaneState


def test_lag_and_silence_of_every_follower(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    monkeypatch.setattr(telemetry, "meter", lambda: provider.get_meter("test"))
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    kept = []
    for lag, feed in enumerate(["first", "second"], start=1):
        state = FollowerState(feed)
        state.lanes[0, Lane.LIVE] = LaneState(
            Cursor("e", 0, Lane.LIVE, 10), head=10 + lag, last_heard=clock.now()
        )
        kept.append(FollowerMetrics(state, clock))
    clock.advance(timedelta(seconds=3))
    kept[1].parked()

    found: dict[str, dict[object, object]] = {}
    data = reader.get_metrics_data()
    assert data is not None
    for metric in data.resource_metrics[0].scope_metrics[0].metrics:
        found[metric.name] = {
            (p.attributes or {})[names.FEED]: getattr(p, "value", None) for p in metric.data.data_points
        }
    assert {"first": 1, "second": 2}.items() <= found[names.FEED_LAG].items()
    assert {"first": 3.0, "second": 3.0}.items() <= found[names.FEED_SILENCE].items()
    assert found[names.FEED_PARKED] == {"second": 1}
    provider.shutdown()
