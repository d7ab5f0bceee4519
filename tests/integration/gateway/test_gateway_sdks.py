"""The tracking SDKs, unmodified, from PyPI and npm, against the running gateway."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rudderstack.analytics as rudder_module
from pathloom.identity.v1 import events_pb2
from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

from .conftest import RunningGateway

SDK = Path(__file__).parents[2] / "sdk"
NPM = SDK.parents[1] / "tools" / "node.sh"
CALLS = {
    "track": events_pb2.EVENT_TYPE_TRACK,
    "identify": events_pb2.EVENT_TYPE_IDENTIFY,
    "page": events_pb2.EVENT_TYPE_PAGE,
    "screen": events_pb2.EVENT_TYPE_SCREEN,
    "group": events_pb2.EVENT_TYPE_GROUP,
    "alias": events_pb2.EVENT_TYPE_ALIAS,
}
Errors = list[str]


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder with the npm packages; installed from the lock on first use."""
    if not (SDK / "node_modules" / ".package-lock.json").exists():
        subprocess.run(
            [NPM, "--prefix", SDK, "install", "--no-save", "--no-audit", "--no-fund", "--silent"], check=True
        )
    return SDK


def with_python(make: Callable[..., Any], prefix: str, **options: Any) -> Errors:
    """One of each call with a Python SDK; what it reported as errors."""
    errors: Errors = []
    client = make(on_error=lambda error, _: errors.append(str(error)), **options)
    more = {"timestamp": datetime.now(UTC) - timedelta(minutes=1)}

    def named(call: str) -> dict[str, Any]:
        return {"message_id": f"{prefix}-{call}", **more}

    client.track("u-1", "Order Placed", {"order_id": "o-1", "note": "Grüße"}, **named("track"))
    client.identify("u-1", {"email": "ada@example.edu"}, **named("identify"))
    client.page("u-1", None, "Aid", {"path": "/aid"}, **named("page"))
    client.screen("u-1", None, "Aid", {}, **named("screen"))
    client.group("u-1", "g-1", {"name": "Household"}, **named("group"))
    client.alias("a-1", "u-1", **named("alias"))
    client.shutdown()
    return errors


def check_arrived(gateway: RunningGateway, prefix: str) -> None:
    events = {
        event.message_id.removeprefix(f"{prefix}-"): event for event in gateway.identity.events.values()
    }
    assert {name: event.type for name, event in events.items()} == CALLS
    assert not gateway.identity.quarantine
    assert all(event.user_id == "u-1" and not event.anonymous_id for event in events.values())
    for event in events.values():
        age = event.received_at.ToDatetime() - event.occurred_at.ToDatetime()
        assert timedelta(seconds=50) < age < timedelta(seconds=90)
    content = {name: json.loads(event.payload or b"{}") for name, event in events.items()}
    assert events["track"].name == "Order Placed"
    assert content["track"]["properties"] == {"order_id": "o-1", "note": "Grüße"}
    assert content["identify"]["traits"] == {"email": "ada@example.edu"}
    assert (events["page"].name, content["page"]["properties"]["path"]) == ("Aid", "/aid")
    assert (events["group"].group_id, content["group"]["traits"]["name"]) == ("g-1", "Household")
    assert events["alias"].previous_id == "a-1"


@pytest.mark.parametrize("gzip", [True, False])
async def test_segment_python(gateway: RunningGateway, gzip: bool) -> None:
    options = {"write_key": gateway.keys["server"], "host": gateway.url, "gzip": gzip, "max_retries": 0}
    assert await asyncio.to_thread(with_python, SegmentClient, "sp", **options) == []
    check_arrived(gateway, "sp")


@pytest.mark.parametrize("gzip", [True, False])
async def test_rudder_python(gateway: RunningGateway, gzip: bool) -> None:
    options = {"write_key": gateway.keys["server"], "host": gateway.url, "gzip": gzip, "max_retries": 0}
    assert await asyncio.to_thread(with_python, RudderClient, "rp", **options) == []
    check_arrived(gateway, "rp")


async def test_rudder_python_by_its_module_and_data_plane_url(gateway: RunningGateway) -> None:
    rudder_module.write_key = gateway.keys["server"]
    rudder_module.dataPlaneUrl = gateway.url
    try:
        rudder_module.track("u-1", "Order Placed", {"order_id": "o-1"}, message_id="module-1")
        await asyncio.to_thread(rudder_module.shutdown)
    finally:
        rudder_module.default_client = None
    assert gateway.identity.last().message_id == "module-1"


@pytest.mark.parametrize(("sdk", "zip_"), [("segment", "plain"), ("rudder", "gzip"), ("rudder", "plain")])
async def test_node(gateway: RunningGateway, node_packages: Path, sdk: str, zip_: str) -> None:
    arguments = [sdk, gateway.url, gateway.keys["server"], zip_, "node"]
    run: list[str | Path] = [NPM, "--prefix", node_packages, "run", "--silent", "send", "--", *arguments]
    done = await asyncio.to_thread(lambda: subprocess.run(run, capture_output=True, text=True))

    assert done.returncode == 0, done.stderr
    check_arrived(gateway, "node")


async def test_an_sdk_is_told_why_its_key_is_refused(gateway: RunningGateway) -> None:
    options = {"write_key": "plk_wrong", "host": gateway.url, "max_retries": 0}
    for make in (SegmentClient, RudderClient):
        errors = await asyncio.to_thread(with_python, make, "x", **options)
        assert any("KEY_UNKNOWN" in error for error in errors), errors
