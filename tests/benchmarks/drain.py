"""How fast events become the view, stage by stage.

    .venv/bin/python -m tests.benchmarks.drain --touchpoints 3000

Simulated history goes through the ingest door into identity's log; then journey-graph, scoring and the view are each built from zero,
one after the other, while what lies downstream stands still. So each stage has the machine to itself, and its figures say what it costs:
events a second of CPU, by process, beside the floor (the same data loaded bare into the same engine). With `--data` the folder is kept,
and a second run on it begins at the log that is there; `--only` names stages.

PostgreSQL backends that ended within a stage are counted with the postmaster. Neo4j's figure holds the Java virtual machine's warming up,
which tells in runs below some 100,000 events.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pathloom_local.api.client import PublicApi, Taken
from pathloom_local.api.door import read_key
from pathloom_local.api.sender import Batch, batches, send
from pathloom_local.demo.history import Play, declare
from pathloom_local.platform import Options, Platform
from pathloom_simulator import Config, college

from tests.benchmarks.cost import Cost, costing, memory_by_process, until
from tests.benchmarks.floors import copy_floor, unwind_floor
from tests.benchmarks.stages import Stages

STAGES = ("log", "journey-graph", "scoring", "view", "floors")


async def main(arguments: argparse.Namespace) -> None:
    """Runs the stages asked for and prints the table."""
    with data_folder(arguments.data) as folder:
        async with Platform(Options(data=folder)) as platform:
            stages = Stages(platform)
            costs: dict[str, Cost] = {}
            await stages.stop("scoring", "journey-graph")
            if "log" in arguments.only:
                async with costing(platform) as cost:
                    await fill(platform, arguments.touchpoints, arguments.seed)
                    await until(stages.resolved)
                costs["log"] = cost
            await stages.stop("gateway")
            if "journey-graph" in arguments.only:
                await stages.empty_graph()
                async with costing(platform) as cost:
                    await stages.start("journey-graph")
                    await until(stages.journeys_made)
                costs["journey-graph"] = cost
            else:
                await stages.start("journey-graph")
            for name, service, settled in (
                ("scoring", "scoring", stages.scored),
                ("view", "gateway", stages.viewed),
            ):
                if name in arguments.only:
                    await stages.empty_database(service)
                    async with costing(platform) as cost:
                        await stages.start(service)
                        await until(settled)
                    costs[name] = cost
                else:
                    await stages.start(service)
            events = await stages.events()
            for cost in costs.values():
                cost.done = events
            if "floors" in arguments.only:
                costs["floor: Neo4j, bare UNWIND"] = await unwind_floor(platform)
                costs["floor: PostgreSQL, COPY"] = await copy_floor(platform)
            counts = {"events": events, **await stages.counts()}
            report(counts, costs, dict(memory_by_process(platform)), as_json=arguments.json)


@contextmanager
def data_folder(kept: Path | None) -> Iterator[Path]:
    """The folder to keep, else one that goes; passable for the account that PostgreSQL needs when this runs as root."""
    if kept:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="pathloom-drain-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


async def fill(platform: Platform, touchpoints: int, seed: int) -> None:
    """Sends a simulated history through the ingest door; every event of it is durable when this returns."""

    def answered(batch: Batch, taken: Taken) -> None:
        if taken.errors:
            raise SystemExit(f"refused: {taken.errors[0]}")

    url = f"http://{platform.addresses['http']}"
    async with PublicApi(url, read_key(platform.secrets["admin_key"])) as api:
        config = Config(college(), datetime.now(UTC).replace(microsecond=0), seed, touchpoints)
        keys = await declare(api, config)
        await send(api, batches(Play(config).history(keys)), answered)


def report(counts: dict[str, int], costs: dict[str, Cost], memory: dict[str, int], *, as_json: bool) -> None:
    """The table, or the same as JSON."""
    if as_json:
        stages = {
            name: {"done": c.done, "wall_s": c.wall_s, "cpu_s": c.cpu_s, "per_cpu_s": c.per_cpu_s}
            for name, c in costs.items()
        }
        print(json.dumps({"counts": counts, "stages": stages, "pss_bytes": memory}))
        return
    print(", ".join(f"{n:,} {what}" for what, n in counts.items()))
    print(f"{'stage':<28}{'done':>9}{'wall s':>8}{'/wall s':>9}{'/CPU s':>9}   CPU s for 1,000, by process")
    for name, cost in costs.items():
        each = ", ".join(
            f"{process} {seconds / max(cost.done, 1) * 1000:.2f}"
            for process, seconds in sorted(cost.cpu_s.items(), key=lambda pair: -pair[1])
        )
        print(
            f"{name:<28}{cost.done:>9,}{cost.wall_s:>8.1f}{cost.per_wall_s:>9.0f}{cost.per_cpu_s:>9.0f}   {each}"
        )
    print("PSS MB: " + ", ".join(f"{name} {size / 1e6:.0f}" for name, size in memory.items()))


def parsed(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touchpoints", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="keep the platform's data in this folder")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    asyncio.run(main(parsed()))
