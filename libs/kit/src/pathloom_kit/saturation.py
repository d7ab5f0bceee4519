"""How full a process is: its CPU time, its memory, and how long its event loop keeps work waiting."""

import asyncio
import os
import time
from collections.abc import Iterable
from pathlib import Path

from opentelemetry.metrics import CallbackOptions, Observation

from pathloom_kit import telemetry
from pathloom_kit import telemetry_names as names

_EVERY_S = 0.25
_PAGES = Path("/proc/self/statm")


async def watch_saturation() -> None:
    """Measures until cancelled."""
    _observe_process()
    delays = telemetry.durations(names.LOOP_DELAY)
    while True:
        asked = time.perf_counter()
        await asyncio.sleep(_EVERY_S)
        delays.record(max(0.0, time.perf_counter() - asked - _EVERY_S))


def _observe_process() -> None:
    """Memory is told where the system says it (Linux)."""
    meter = telemetry.meter()
    meter.create_observable_counter(names.PROCESS_CPU, [_cpu], unit="s")
    if _PAGES.exists():
        meter.create_observable_up_down_counter(names.PROCESS_MEMORY, [_memory], unit="By")


def _cpu(_: CallbackOptions) -> Iterable[Observation]:
    return [Observation(time.process_time())]


def _memory(_: CallbackOptions) -> Iterable[Observation]:
    return [Observation(int(_PAGES.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))]
