"""What a running deployment must do, through its public door alone.

`k8s_check.py demo`: play a contact centre and compare everything with the truth.
`k8s_check.py steady [--seconds S] [-- COMMAND...]`: send and read while COMMAND runs (or for S seconds); no read may fail, and every
event that was acknowledged must afterwards be in the view exactly once. Exit code 0 only if so.
Where: `--url http://host:port --key-file FILE` (the admin key).
"""

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

import httpx
from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import read_key
from pathloom_local.commands.console import out
from pathloom_local.demo.run import Demo
from pathloom_local.demo.verdict import verdict
from pathloom_local.errors import LocalError

SOURCE = "k8s-check"
CUSTOMERS = 100
BATCH = 5
WRITES_PER_S = 4  # batches
READS_PER_S = 20
SETTLE_S = 900.0  # only to end a hang


class Lines:
    """A Reporter that writes a line when a step is done."""

    def begin(self, step: str) -> None:
        """Said when done."""

    def progress(self, step: str, there: int, total: int) -> None:
        """Nothing is fetched."""

    def tell(self, step: str, detail: str) -> None:
        """Said when done."""

    def done(self, step: str, detail: str = "") -> None:
        print(f"  {step}: {detail}", flush=True)

    def note(self, text: str) -> None:
        print(f"  {text}", flush=True)


async def demo(url: str, key: str, touchpoints: int) -> bool:
    """The demo's own comparison. False where it does not hold."""
    async with PublicApi(url, key) as api:
        play = Demo(api, Lines(), 1, touchpoints, datetime.now(UTC))
        await play.prepare()
        await play.history()
        await play.settle()
        await play.ring()
        await play.settle("Everything else")
        found = await play.compare()
        out.print(verdict(found))
        return found.holds


@dataclass(slots=True)
class Tally:
    """What happened under load. `acknowledged` is kept here, outside of all that is killed."""

    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    reads: int = 0
    reconnected: int = 0
    """Reads whose kept connection was closed before an answer began, and that a new one answered."""
    failed: list[str] = field(default_factory=list)
    """Reads."""
    refused: list[str] = field(default_factory=list)
    """Batches that were never taken."""
    write_retries: Counter[str] = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)
    """Of each read that was answered."""
    begun: float = field(default_factory=time.monotonic)

    def fail(self, what: str) -> None:
        """A read failed now."""
        self.failed.append(f"{time.monotonic() - self.begun:.0f} s after the load began: {what}")


class Steady:
    """Writers and readers at a steady pace, as SDKs and agent desktops are."""

    def __init__(self, url: str, key: str, ingest_key: str, run: str) -> None:
        self.tally = Tally()
        self.run = run
        self._key, self._ingest_key = key, ingest_key
        # Only to end a hang: how fast is told, and decides nothing.
        unbounded = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._client = httpx.AsyncClient(
            base_url=url, timeout=httpx.Timeout(60.0, pool=None), limits=unbounded, trust_env=False
        )
        self._numbers = itertools.count()
        self._over = False
        self._tasks: set[asyncio.Task[None]] = set()

    def customer(self, number: int) -> str:
        """The user id of one of them."""
        return f"{self.run}-user-{number % CUSTOMERS}"

    async def go(self, work: Coroutine[object, object, int]) -> int:
        """Load until `work` ends; its outcome. What is under way is awaited."""
        paces = [
            asyncio.create_task(self._pace(WRITES_PER_S, self._write)),
            asyncio.create_task(self._pace(READS_PER_S, self._read)),
        ]
        try:
            return await work
        finally:
            self._over = True
            await asyncio.gather(*paces)
            await asyncio.gather(*self._tasks)
            await self._client.aclose()

    async def _pace(self, rate: float, one: Callable[[], Coroutine[object, object, None]]) -> None:
        begun, count = time.monotonic(), 0
        while not self._over:
            task = asyncio.create_task(one())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            count += 1
            await asyncio.sleep(max(0.0, begun + count / rate - time.monotonic()))

    async def _write(self) -> None:
        """One batch, repeated until it is answered, as an SDK does."""
        numbers = list(itertools.islice(self._numbers, BATCH))
        ids = [f"{self.run}-{number}" for number in numbers]
        batch = [
            {
                "type": "track",
                "event": "Email Received",
                "messageId": each,
                "userId": self.customer(number),
                "timestamp": datetime.now(UTC).isoformat(),
                "properties": {"contact_id": each, "channel": "email", "direction": "inbound"},
            }
            for number, each in zip(numbers, ids, strict=True)
        ]
        self.tally.sent.update(ids)
        headers = {"Authorization": f"Bearer {self._ingest_key}"}
        for attempt in range(60):
            try:
                answer = await self._client.post("/v1/batch", json={"batch": batch}, headers=headers)
            except httpx.TransportError as error:
                self.tally.write_retries[type(error).__name__] += 1
            else:
                if answer.status_code == 200:
                    assert not answer.json().get("errors"), answer.text
                    self.tally.acknowledged.update(ids)
                    return
                self.tally.write_retries[str(answer.status_code)] += 1
                if answer.status_code not in (429, 502, 503, 504):
                    self.tally.refused.append(f"ingest answered {answer.status_code}: {answer.text[:200]}")
                    return
            await asyncio.sleep(min(2.0, 0.1 * 2**attempt))
        self.tally.refused.append("a batch was not answered within two minutes")

    async def _read(self) -> None:
        """One look-up. A kept connection may be closed under a request; a read may then be asked once more."""
        number = self.tally.reads
        self.tally.reads += 1
        wanted = {"type": "user_id", "namespace": SOURCE, "value": self.customer(number)}
        headers = {"Authorization": f"Bearer {self._key}"}
        body = {"identifier": wanted, "actor": "k8s-check"}
        begun = time.monotonic()
        for attempt in (1, 2):
            try:
                answer = await self._client.post("/v1/lookup", json=body, headers=headers)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
                if attempt == 2:
                    self.tally.fail(f"a read failed twice: {type(error).__name__}")
                self.tally.reconnected += 1
                continue
            except httpx.TransportError as error:
                self.tally.fail(f"a read failed: {type(error).__name__} {error}")
                return
            self.tally.took_s.append(time.monotonic() - begun)
            if answer.status_code != 200:
                self.tally.fail(f"a read answered {answer.status_code}: {answer.text[:200]}")
            return


async def steady(url: str, key: str, seconds: float, command: list[str], reads_may_fail: bool) -> bool:
    """Whether nothing failed and nothing was lost or doubled."""
    run = f"run{token_hex(4)}"
    async with PublicApi(url, key, patience_s=120) as api:
        await api.put_source(
            {"source_id": SOURCE, "namespace": SOURCE, "user_id_type": "user_id", "trust": "TRUST_TRUSTED"}
        )
        key_id, ingest_key = await api.create_key(f"{SOURCE} {run}", ["ingest"], SOURCE)
        load = Steady(url, key, ingest_key, run)
        outcome = await load.go(_command(command) if command else _wait(seconds))
        _tell_reads(load.tally)
        try:
            await _settled(api)
            seen = await _seen(api, load)
        finally:
            await api.revoke_key(key_id)
    tally = load.tally
    lost = tally.acknowledged - seen.keys()
    doubled = [each for each, count in seen.items() if count > 1]
    unasked = seen.keys() - tally.sent
    print(
        f"  {len(tally.acknowledged)} events acknowledged, {len(lost)} lost, {len(doubled)} doubled; batches repeated: "
        f"{dict(tally.write_retries) or 'none'}"
    )
    for each in (tally.refused + tally.failed)[:10]:
        print(f"  ✗ {each}")
    if outcome:
        print(f"  ✗ the command ended with {outcome}")
    failed = tally.refused + ([] if reads_may_fail else tally.failed)
    return not (outcome or lost or doubled or unasked or failed) and bool(tally.acknowledged)


def _tell_reads(tally: Tally) -> None:
    took = sorted(tally.took_s) or [0.0]
    print(
        f"  {tally.reads} reads, {len(tally.failed)} failed, {tally.reconnected} asked again on a new connection, "
        f"median {took[len(took) // 2] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms",
        flush=True,
    )


async def _command(words: list[str]) -> int:
    await asyncio.sleep(3)  # some load before, some after
    process = await asyncio.create_subprocess_exec(*words)
    code = await process.wait()
    await asyncio.sleep(5)
    return code


async def _wait(seconds: float) -> int:
    await asyncio.sleep(seconds)
    return 0


async def _settled(api: PublicApi) -> None:
    begun = time.monotonic()
    while not (status := await api.status()).settled:
        if time.monotonic() - begun > SETTLE_S:
            behind = {f"{lag.feed}/{lag.lane}": lag.head - lag.applied for lag in status.feeds}
            raise LocalError(f"not settled within {SETTLE_S:.0f} s: {json.dumps(behind)}")
        await asyncio.sleep(0.5)
    print(f"  settled {time.monotonic() - begun:.1f} s after the load ended")


async def _seen(api: PublicApi, load: Steady) -> Counter[str]:
    """How often each e-mail is among the touchpoints of the customers."""
    seen: Counter[str] = Counter()
    for number in range(CUSTOMERS):
        wanted = {"type": "user_id", "namespace": SOURCE, "value": load.customer(number)}
        found = await api.look_up({"identifier": wanted, "actor": "k8s-check"})
        token = ""
        while True:
            params = {"page_size": "200", **({"page_token": token} if token else {})}
            path = f"/v1/customers/{found.view.customer_id}/touchpoints"
            page = await api.json("GET", path, params=params)
            seen.update(each["contact_id"] for each in page.get("touchpoints", ()))
            token = page.get("next_page_token", "")
            if not token:
                break
    return seen


def main() -> int:
    """The exit code."""
    words = sys.argv[1:]
    command = words[words.index("--") + 1 :] if "--" in words else []
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("check", choices=["demo", "steady"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--touchpoints", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--reads-may-fail", action="store_true")
    given = parser.parse_args(words[: words.index("--")] if "--" in words else words)
    key = read_key(given.key_file)
    if given.check == "demo":
        holds = asyncio.run(demo(given.url, key, given.touchpoints))
    else:
        holds = asyncio.run(steady(given.url, key, given.seconds, command, given.reads_may_fail))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
