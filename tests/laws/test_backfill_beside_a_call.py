"""Law: a ringing call never waits behind a backfill.

Nothing here is measured in seconds. When the call is shown, history that was durable before it rang must still be waiting;
a call that is sent as history (planted) is shown only when none is.
"""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pathloom.gateway.v1 import admin_pb2, view_pb2
from pathloom_local.errors import NotFound
from pathloom_local.send.mapping import read_map
from pathloom_local.send.progress import Ledger
from pathloom_local.send.run import Run

from tests.laws.running import Running

ROWS = 1500
MOST_ROUNDS = 6
PATIENCE_S = 240
BULK = 2
NUMBER = "+14025550163"
MAP = """
source: {source_id: lawold, namespace: lawold, user_id_type: lawold_number,
  identifiers: [{field: email, type: email, joins: true}]}
time: "{at}"
events:
  - {message_id: "{no}-order", name: Order Placed, user_id: "{who}", properties: {order_id: "{no}"}}
  - {type: identify, message_id: "{no}-who", user_id: "{who}", traits: {email: "{who}@lawold.example"}}
"""


async def backfill(running: Running, key: str, folder: Path, round_: int) -> int:
    """Sends a file as `pathloom send` does; the number of the last event of the bulk lane, all of them durable."""
    rows = [
        {"no": f"{round_}-{n}", "who": f"p{round_}-{n % 700}", "at": f"2025-0{n % 9 + 1}-11T10:00:00Z"}
        for n in range(ROWS)
    ]
    path, mapping = folder / f"{round_}.jsonl", folder / "map.yaml"
    path.write_text("\n".join(map(json.dumps, rows)))
    mapping.write_text(MAP)
    run = Run(path, read_map(mapping), key, True, Ledger.open(folder / f"{round_}.ledger"))
    await run(running.api)
    assert run.bad == []
    return max(
        state.head.n
        for service in (await running.api.status()).services
        for state in service.feeds
        if (service.name, state.feed, state.head.lane) == ("identity", "events", BULK)
    )


def waiting(status: admin_pb2.GetStatusResponse, upto: int, service: str = "") -> int:
    """Of the history up to `upto`, how many events some service (or the one named) has not taken yet."""
    read = [
        mark.cursor.n
        for each in status.services
        if service in ("", each.name)
        for state in each.feeds
        for mark in state.watermarks
        if mark.feed == "events" and mark.cursor.lane == BULK
    ]
    return max(0, upto - min(read, default=upto))


async def rings(running: Running, key: str, call: str, *, bulk: bool) -> None:
    """The call's first events."""
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    said: dict[str, Any] = {"contact_id": call, "channel": "voice"}
    offered = {"type": "track", "event": "Contact Offered", "messageId": f"{call}-1", "timestamp": at}
    queued = {"type": "track", "event": "Contact Queued", "messageId": f"{call}-2", "timestamp": at}
    number = {**said, "from_number": NUMBER}
    taken = await running.send(
        key,
        [
            {**offered, "anonymousId": call, "properties": number},
            {**queued, "anonymousId": call, "properties": {**said, "leg_id": "q", "leg_kind": "queue"}},
        ],
        bulk=bulk,
    )
    assert not taken.errors


async def shown(running: Running, call: str, customer: str) -> admin_pb2.GetStatusResponse:
    """Looks up by the call until the caller is shown, the call going on; the status just after."""
    body = {"contact": {"contact_id": call, "namespace": "lawcall"}}
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(NotFound):
                found = await running.api.look_up(body)
                if any(each.contact_id == call for each in found.view.live_contacts):
                    break
            await asyncio.sleep(0.02)
    status = await running.api.status()
    assert found.outcome == view_pb2.LOOK_UP_OUTCOME_ONE
    assert found.view.customer_id == customer
    return status


async def known(running: Running) -> str:
    """The customer who has the number, once there is one."""
    asked = {"identifier": {"type": "phone", "value": NUMBER}}
    async with asyncio.timeout(PATIENCE_S):
        while not (customer := (await running.api.look_up(asked)).view.customer_id):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return customer


async def test_a_call_is_shown_while_history_waits(running: Running, tmp_path: Path) -> None:
    finds = [{"field": "phone", "type": "phone"}]
    calls = await running.source("lawcall", identifiers=finds, default_channel="voice")
    source = {"trust": "TRUST_TRUSTED", **yaml.safe_load(MAP)["source"]}
    old = await running.source(**source)
    who = {"type": "identify", "messageId": "who", "userId": "caller", "traits": {"phone": NUMBER}}
    await running.send(calls, [who])
    customer = await known(running)

    left = 0
    for round_ in range(MOST_ROUNDS):
        upto = await backfill(running, old, tmp_path, round_)
        if not waiting(await running.api.status(), upto):
            continue  # a machine so fast that there was no backlog to ring beside: more of it
        call = f"lawcall-{round_}"
        await rings(running, calls, call, bulk=False)
        await rings(running, calls, f"{call}-old", bulk=True)
        left = waiting(await shown(running, call, customer), upto)
        planted = await shown(running, f"{call}-old", customer)
        assert waiting(planted, upto, "identity") == 0, "what is sent as history comes after history"
        if left:
            break
    assert left > 0, "the call was shown only when all the history was in"
    await running.settled()
