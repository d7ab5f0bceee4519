"""What work costs: CPU time and memory by process, which a busy machine blurs less than wall time."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from pathloom_local.platform import Platform


@dataclass(slots=True)
class Cost:
    """Of one piece of work: wall seconds, CPU seconds by process, and its own measure of how much was done."""

    wall_s: float = 0.0
    cpu_s: dict[str, float] = field(default_factory=dict)
    done: int = 0

    @property
    def cpu_total_s(self) -> float:
        """Of all processes."""
        return sum(self.cpu_s.values())

    @property
    def per_cpu_s(self) -> float:
        """Done in a second of CPU, whichever process spent it."""
        return self.done / self.cpu_total_s if self.cpu_total_s else 0.0

    @property
    def per_wall_s(self) -> float:
        """Done in a second of the clock."""
        return self.done / self.wall_s if self.wall_s else 0.0

    def cpu_ms_each(self) -> dict[str, float]:
        """Milliseconds of CPU for each that was done, by process, the dearest first."""
        dearest = sorted(self.cpu_s.items(), key=lambda pair: -pair[1])
        return {name: seconds / max(self.done, 1) * 1000 for name, seconds in dearest}


@asynccontextmanager
async def costing(platform: Platform) -> AsyncIterator[Cost]:
    """What the body cost, complete once it is left. Processes that began within count from their start."""
    before, begun = cpu_by_process(platform), time.monotonic()
    cost = Cost()
    yield cost
    cost.wall_s = time.monotonic() - begun
    after = cpu_by_process(platform)
    for name, (born, seconds) in after.items():
        earlier = before.get(name)
        spent = seconds - (earlier[1] if earlier and earlier[0] == born else 0.0)
        if spent >= 0.05:
            cost.cpu_s[name] = spent


def cpu_by_process(platform: Platform) -> Mapping[str, tuple[float, float]]:
    """By name of what runs: when it was born, and the CPU seconds of it and its children, those that ended included."""
    found = {}
    for name in platform.names():
        child = platform.process(name)
        if child.running:
            found[name] = (child.born, sum(_cpu(p) for p in _family(child.pid)))
            if name == "neo4j" and (compiling := _compiling(child.pid)):
                # Java compiles what runs often, once: most of what a short run costs, next to nothing of a long one.
                found[name] = (child.born, found[name][1] - compiling)
                found["neo4j compiling"] = (child.born, compiling)
    return found


def memory_by_process(platform: Platform) -> Mapping[str, int]:
    """Proportional set size in bytes, by name of what runs."""
    return {
        name: sum(p.memory_full_info().pss for p in _family(child.pid))
        for name in platform.names()
        if (child := platform.process(name)).running
    }


def reference_ms() -> float:
    """CPU milliseconds of a fixed loop. Beside it two runs can be compared: a machine that others use too does less in a
    second of CPU time, not only in one of the clock."""
    begun, total = time.process_time(), 0
    for n in range(2_000_000):
        total += n
    return (time.process_time() - begun) * 1000


async def until(settled: Callable[[], Awaitable[bool]], every_s: float = 0.5) -> None:
    """Returns when it answers True."""
    while not await settled():  # noqa: ASYNC110 - another process's state
        await asyncio.sleep(every_s)


def _compiling(pid: int) -> float:
    """CPU seconds of the Java compilers' threads."""
    seconds = 0.0
    for task in Path(f"/proc/{pid}/task").glob("*"):
        name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
        if name.startswith(("C1 Compiler", "C2 Compiler")):
            user, system = rest.split()[11:13]
            seconds += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return seconds


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
