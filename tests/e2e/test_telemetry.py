"""What the platform tells of itself while it works: one trace through all services, measures, and nobody's data."""

import asyncio
import json
import re
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from tests.otlp_collector import Collected, Span

if TYPE_CHECKING:
    from tests.conftest import RunningPlatform

pytestmark = pytest.mark.platform

OBSERVABILITY = Path(__file__).parents[2] / "deploy" / "observability"
EMAIL, PHONE, NAME = "ottilie.traceworthy@example.org", "+12025550143", "Ottilie Traceworthy"


async def _until(found: Callable[[], Any], seconds: float = 120) -> Any:
    """What `found` answers, once it is anything. The limit only ends a hang: exports come a moment after the work."""
    async with asyncio.timeout(seconds):
        while not (answer := found()):  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.2)
    return answer


async def _sent(platform: "RunningPlatform", traceparent: str) -> None:
    source = await platform.make_source(
        platform.unique("traced"),
        identifiers=[{"field": "email", "type": "email", "joins": True, "priority": 10}],
    )
    key = await platform.make_key(source)
    contact = {"contact_id": platform.unique("call"), "channel": "voice", "from_number": PHONE}
    batch = [
        {"type": "identify", "messageId": "m1", "userId": "u1", "traits": {"email": EMAIL, "name": NAME}},
        *(
            {"type": "track", "messageId": f"m{n}", "userId": "u1", "event": event, "properties": contact}
            for n, event in enumerate(("Contact Offered", "Contact Queued"), start=2)
        ),
    ]
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{platform.url}/v1/batch",
            json={"batch": batch},
            headers={"Authorization": f"Bearer {key}", "traceparent": traceparent},
        )
    assert answer.json()["accepted"] == 3, answer.text


async def test_one_trace_from_the_request_to_the_view(
    platform: "RunningPlatform", telemetry: Collected
) -> None:
    trace, client = secrets.token_hex(16), secrets.token_hex(8)
    await _sent(platform, f"00-{trace}-{client}-01")
    await platform.settled()

    def one(service: str, name: str, parent: str) -> Span | None:
        spans = [s for s in telemetry.spans if (s.service, s.name, s.parent) == (service, name, parent)]
        return spans[0] if spans else None

    door = await _until(lambda: one("pathloom-gateway", "POST /v1/batch", client))
    assert door.trace == trace
    assert door.attributes["http.response.status_code"] == "200"
    recorded = await _until(
        lambda: one("pathloom-identity", "pathloom.identity.v1.EventLogService/Record", door.id)
    )
    assert recorded.trace == trace

    def applied(service: str, feed: str) -> Span | None:
        cause = (trace, recorded.id)
        spans = [
            s
            for s in telemetry.spans
            if s.service == service and s.attributes.get("pathloom.feed.name") == feed and cause in s.links
        ]
        return spans[0] if spans else None

    for service, feeds in {
        "pathloom-identity": ("events",),
        "pathloom-journey-graph": ("events", "customers"),
        "pathloom-scoring": ("journeys",),
        "pathloom-gateway": ("events", "customers", "journeys", "scores"),
    }.items():
        for feed in feeds:
            span = await _until(partial(applied, service, feed))
            assert span.name == "feed.apply"
    graph = await _until(lambda: applied("pathloom-journey-graph", "events"))
    store = await _until(lambda: one("pathloom-journey-graph", "store.write", graph.id))
    assert store.attributes["db.system.name"] == "neo4j"


async def test_no_person_in_spans_and_measures(platform: "RunningPlatform", telemetry: Collected) -> None:
    await _sent(platform, f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01")
    body = {"identifier": {"type": "email", "value": EMAIL}, "actor": "Agent Nosewise"}
    await platform.settled()
    assert (await platform.api.look_up(body)).view.name
    count = len(telemetry.spans)
    await _until(lambda: any(s.name.startswith("POST /v1/lookup") for s in telemetry.spans[count - 50 :]))
    told = repr(telemetry.spans) + repr(telemetry.metrics)
    assert "POST /v1/lookup" in told
    for secret in (EMAIL, EMAIL.replace("@", "%40"), PHONE, PHONE[1:], "Ottilie", "Traceworthy", "Nosewise"):
        assert secret not in told


async def test_each_service_tells_rate_errors_and_duration_and_each_feed_its_lag(
    platform: "RunningPlatform", telemetry: Collected
) -> None:
    await _sent(platform, f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01")
    await platform.settled()
    full = ("process.cpu.time", "process.memory.usage", "pathloom.loop.delay")
    calls = dict.fromkeys(("identity", "journey-graph", "scoring"), "rpc.server.duration")
    for service, duration in {**calls, "gateway": "http.server.request.duration"}.items():
        for name in (duration, *full):
            await _until(partial(telemetry.metrics.get, (f"pathloom-{service}", name)))

    def feeds(service: str) -> set[str]:
        gauge = telemetry.metrics.get((service, "pathloom.feed.lag"))
        points = gauge.gauge.data_points if gauge else ()
        return {a.value.string_value for p in points for a in p.attributes if a.key == "pathloom.feed.name"}

    await _until(lambda: feeds("pathloom-gateway") == {"events", "customers", "journeys", "scores"})
    await _until(lambda: feeds("pathloom-journey-graph") == {"events", "customers"})
    await _until(lambda: feeds("pathloom-scoring") == {"journeys"})
    fresh = await _until(lambda: telemetry.metrics.get(("pathloom-gateway", "pathloom.view.freshness")))
    assert max(point.count for point in fresh.histogram.data_points) > 0


async def test_who_answers_and_who_follows_tell_apart(
    platform: "RunningPlatform", telemetry: Collected
) -> None:
    await _sent(platform, f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01")
    await platform.settled()

    def tellers(name: str) -> set[str]:
        return telemetry.tellers.get(("pathloom-gateway", name), set())

    answering: set[str] = await _until(lambda: tellers("http.server.request.duration"))
    following: set[str] = await _until(lambda: tellers("pathloom.feed.lag"))
    assert not answering & following

    def told_by_both(name: str) -> bool:
        return tellers(name) >= answering | following

    for full in ("process.cpu.time", "process.memory.usage", "pathloom.loop.delay"):
        await _until(partial(told_by_both, full))


def _expressions() -> list[str]:
    dashboard = json.loads((OBSERVABILITY / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((OBSERVABILITY / "prometheus-rules.yaml").read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    found += [
        variable["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"
    ]
    return found + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


async def test_dashboard_and_alerts_ask_only_for_what_is_exported(
    platform: "RunningPlatform", telemetry: Collected
) -> None:
    """Counters that nothing has counted yet are not exported: they are known by the names in the code."""
    await _sent(platform, f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01")
    expressions = _expressions()
    asked = {
        name
        for text in expressions
        for name in re.findall(r"\b(?:pathloom|http|rpc|process)_[a-z_]+", _bare(text))
    }
    assert len(asked) > 8
    at_rest = {"pathloom_feed_parked_total", "pathloom_feed_stale_total"}
    await _until(lambda: asked - at_rest <= telemetry.prometheus_names())
    assert "pathloom_no_such_thing" not in telemetry.prometheus_names()


def _bare(expression: str) -> str:
    """Without what stands in braces, and without the labels that groupings name."""
    without_labels = re.sub(r"\{[^}]*\}", "", expression)
    return re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", without_labels)
