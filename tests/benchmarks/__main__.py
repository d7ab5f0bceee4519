"""`make bench`: what issue by issue was promised, each figure beside its floor, measured in the same run.

    .venv/bin/python -m tests.benchmarks --touchpoints 20000 --seconds 20

One platform, filled in two steps, so that growth is seen; then reads, ingest and freshness while events arrive. The load generator shares the
machine with the platform: its own CPU is beside the figures that it touches, and CPU per request is given, which noise touches least.
`--touchpoints 1000000 --backfill 1000000 --seconds 60` is the size that the promises are about; it takes hours on two cores.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import read_key
from pathloom_local.demo.history import Play
from pathloom_local.demo.truth import identifiers_of
from pathloom_local.platform import Options, Platform

from tests.benchmarks.arrivals import RATE, arriving, company, events_of, keys_of, load, loading
from tests.benchmarks.cost import costing, memory_by_process, reference_ms, until
from tests.benchmarks.drain import data_folder
from tests.benchmarks.figures import Figure, as_json, at_least, at_most, table
from tests.benchmarks.freshness import Prober, freshness_figures, prober, ringing_figure
from tests.benchmarks.growth import FEW, grown, growth_figures
from tests.benchmarks.ingest import ingest_figures
from tests.benchmarks.load import Latencies
from tests.benchmarks.reads import Identifier, read_figures
from tests.benchmarks.rebuild import rebuild_figures
from tests.benchmarks.resolving import resolving_figures

SERVICES = ("identity", "journey-graph", "scoring", "gateway")
FIRST = 10_000
STEADY_S = 30.0
"""Events arrive for so long before anything is measured beside them: what the first of their kind cost (plans, compiled code) comes once."""
TAKEN_IN = 20_000
"""Events of the measurement of ingest."""
PARTS = ("drain", "reads", "ingest", "freshness", "backfill", "growth", "rebuild", "resolving")
MB = 1_000_000


async def main(arguments: argparse.Namespace) -> int:
    """The exit code: 0 when everything that was measured holds."""
    task = asyncio.current_task()
    assert task
    # What was started here ends with it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    load_before, loop_before = os.getloadavg()[0], reference_ms()
    with data_folder(arguments.data) as folder:
        async with Platform(Options(data=folder)) as platform:
            key = read_key(platform.secrets["admin_key"])
            async with PublicApi(f"http://{platform.addresses['http']}", key, patience_s=600) as api:
                figures = await _Run(arguments, platform, api, key).everything()
    if "resolving" in arguments.only:
        _say("resolving by evidence, identity alone")
        figures += await resolving_figures(arguments.records)
    if arguments.json:
        said = {
            "load_average": [load_before, os.getloadavg()[0]],
            "cores": os.cpu_count(),
            "reference_loop_ms": [round(loop_before), round(reference_ms())],
            "figures": as_json(figures),
        }
        print(json.dumps(said, indent=1))
    else:
        print(table(figures))
        print(
            f"{os.cpu_count()} cores, shared with the load generator; load average {load_before:.1f} before, "
            f"{os.getloadavg()[0]:.1f} after; the reference loop took {loop_before:.0f} ms of CPU before, {reference_ms():.0f} after"
        )
    return 0 if all(each.held is not False for each in figures) else 1


class _Run:
    """One platform from empty to full."""

    def __init__(self, arguments: argparse.Namespace, platform: Platform, api: PublicApi, key: str) -> None:
        self._asked, self._platform, self._api, self._key = arguments, platform, api, key
        self._first = min(FIRST, arguments.touchpoints)
        self._figures: list[Figure] = []

    async def everything(self) -> list[Figure]:
        """In the order in which the platform fills."""
        await asyncio.sleep(5)
        idle = memory_by_process(self._platform)
        self._add(*(at_most(f"memory idle, {name}", idle[name] / MB, "MB", 150) for name in SERVICES))
        probe = await prober(self._platform, self._api, self._key)
        await self._fill(seed=101, touchpoints=self._first, measured=False)
        early: Latencies | None = None
        if "freshness" in self._asked.only:
            # Beside the same arrivals as later.
            async with self._arriving("freshness, while there is little"):
                early = await probe.freshness(self._asked.seconds)
        known = await self._fill(seed=1, touchpoints=self._asked.touchpoints, measured=True)
        if "ingest" in self._asked.only:
            events = await events_of(self._api, 202, TAKEN_IN, bulk=True)
            self._add(*await ingest_figures(self._platform, events))
            await self._settled("what was taken in")
        await self._while_events_arrive(probe, known, None if early is None else early.ms(0.95))
        if "growth" in self._asked.only:
            await self._growth(probe)
        if "rebuild" in self._asked.only:
            self._add(*await rebuild_figures(self._platform, self._api))
        full = memory_by_process(self._platform)
        self._add(at_most("memory full, services and both engines", sum(full.values()) / MB, "MB", 2000))
        return self._figures

    async def _fill(self, seed: int, touchpoints: int, *, measured: bool) -> list[Identifier]:
        """Loads a company's history and waits until it is in the view; who is known then."""
        config = company(seed, touchpoints)
        play = Play(config)
        before = memory_by_process(self._platform)
        _say(f"loading {touchpoints:,} touchpoints")
        keys = await keys_of(self._api, config)
        async with costing(self._platform) as cost:
            begun = time.monotonic()
            sent = await load(self._api, play, keys)
            loaded = time.monotonic() - begun
            await self._settled(f"{sent:,} events")
        if measured:
            after = memory_by_process(self._platform)
            cost.done = sent
            notes = {
                "cpu_ms_each": {name: round(ms, 3) for name, ms in cost.cpu_ms_each().items()},
                "touchpoints": touchpoints,
                "taken_in_after_s": round(loaded),
                "pss_grown_mb": {name: round((after[name] - before[name]) / MB) for name in after},
            }
            cores = os.cpu_count() or 1
            self._add(
                at_least(
                    "drain: through all services", cost.per_wall_s, "events/s", 3000, n=sent, notes=notes
                ),
                at_least(
                    f"the same, by CPU time of {cores} cores",
                    cost.per_cpu_s * cores,
                    "events/s",
                    3000,
                    n=sent,
                ),
            )
        types = {source.namespace: source.user_id_type for source in config.company.sources}
        return sorted(set(identifiers_of(play.truth, types).values()))[:200]

    async def _while_events_arrive(
        self, probe: Prober, known: Sequence[Identifier], early_ms: float | None
    ) -> None:
        """Each begins settled: what one of them leaves behind is not the next one's."""
        if "freshness" in self._asked.only:
            async with self._arriving("freshness"):
                fresh = await probe.freshness(self._asked.seconds)
                self._add(*freshness_figures(f"freshness at {RATE:.0f} events/s", fresh))
                self._add(ringing_figure(await probe.ringing(self._asked.seconds)))
            if early_ms is not None:
                self._add(
                    at_most(
                        f"growth: p95 of freshness, {self._asked.touchpoints:,} ÷ {self._first:,} touchpoints",
                        fresh.ms(0.95) / early_ms,
                        "×",
                        1.2,
                    )
                )
        if "reads" in self._asked.only:
            async with self._arriving("reads beside the floor"):
                self._add(*await read_figures(self._platform, known, self._key, self._asked.seconds, turns=5))
        if "backfill" in self._asked.only:
            old = await events_of(self._api, 404, self._asked.backfill, bulk=True)
            async with self._arriving("freshness beside a backfill"), loading(self._api, old) as loaded:
                found = await probe.freshness(self._asked.seconds)
            what = f"the same while old events load ({loaded.accepted:,} taken in)"
            self._add(*freshness_figures(what, found))

    @asynccontextmanager
    async def _arriving(self, what: str) -> AsyncIterator[None]:
        _say(what)
        async with arriving(self._api.url, self._key, RATE):
            await asyncio.sleep(STEADY_S)
            yield
        await self._settled("what arrived")

    async def _growth(self, probe: Prober) -> None:
        most = self._asked.longest
        users = {"grown-long": most, "grown-short": FEW}
        _say(f"a customer of {most:,} touchpoints")
        for user, touchpoints in users.items():
            await grown(self._api, probe.ingest_key, user, touchpoints)
        await self._settled("their history")
        long, short = users
        self._add(*await growth_figures(probe, long, short, most, self._asked.seconds))

    async def _settled(self, what: str) -> None:
        async def settled() -> bool:
            return (await self._api.status()).settled

        _say(f"waiting for {what} to be in the view")
        await until(settled)

    def _add(self, *figures: Figure) -> None:
        self._figures += figures
        for each in figures:
            _say(table([each]).splitlines()[1])


def _say(what: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {what}", file=sys.stderr, flush=True)


def parsed(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--touchpoints", type=int, default=20_000, help="how full the platform is (20,000)")
    parser.add_argument(
        "--backfill", type=int, default=400_000, help="events of the history that loads beside (400,000)"
    )
    parser.add_argument(
        "--longest",
        type=int,
        default=2000,
        help="touchpoints of the customer with the longest history (2,000)",
    )
    parser.add_argument(
        "--records",
        type=int,
        default=50_000,
        help="people's records that a new one is resolved among (50,000)",
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement (20)")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, help="only these parts (the drain always is)"
    )
    parser.add_argument("--data", type=Path, help="keep the platform's data in this folder")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser.parse_args(argv)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(parsed())))
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)
