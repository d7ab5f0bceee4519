"""Children never outlive the one who wanted them."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from pathloom_local.errors import StepFailed
from pathloom_local.supervision.processes import Command, Processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
# Starts one of its own and then hears no SIGTERM: what the launcher has to be able to end all the same.
DEAF = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("deaf", flush=True)
time.sleep(600)
"""
STUBBORN = [sys.executable, "-c", DEAF]


def command(tmp_path: Path, name: str, argv: list[str], grace: float = 10, rank: int = 0) -> Command:
    return Command(name, argv, dict(os.environ), tmp_path, tmp_path / f"{name}.log", grace=grace, rank=rank)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_all_children_end_with_the_block_in_order_of_rank(tmp_path: Path) -> None:
    record = tmp_path / "ends"
    script = (
        "import signal, sys, time\n"
        "def end(*_):\n open(sys.argv[2], 'a').write(sys.argv[1]); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(600)"
    )
    async with Processes.open() as processes:
        for name, rank in (("a", 1), ("c", 3), ("b", 2)):
            argv = [sys.executable, "-c", script, name, str(record)]
            child = await processes.start(command(tmp_path, name, argv, rank=rank))
            while "ready" not in child.command.log.read_text():
                os.sched_yield()
    assert record.read_text() == "cba"
    assert all(child.code == 0 for child in processes.all())


async def test_what_gives_way_is_nicer_and_so_is_all_below_it(tmp_path: Path) -> None:
    async with Processes.open() as processes:
        giving = replace(command(tmp_path, "gives-way", STUBBORN), gives_way=True)
        child, other = await processes.start(giving), await processes.start(command(tmp_path, "other", SLEEP))
        while "deaf" not in child.command.log.read_text():
            os.sched_yield()
        first, usual = psutil.Process(child.pid), psutil.Process(other.pid).nice()
        assert [each.nice() - usual for each in (first, *first.children())] == [5, 5]
        await processes.kill("gives-way")


async def test_kill_takes_the_whole_family_and_the_name_is_free_again(tmp_path: Path) -> None:
    async with Processes.open() as processes:
        child = await processes.start(command(tmp_path, "deaf", STUBBORN))
        while "deaf" not in child.command.log.read_text():
            os.sched_yield()
        family = [child.pid, *(each.pid for each in psutil.Process(child.pid).children(recursive=True))]
        assert len(family) == 2
        await processes.kill("deaf")
        assert child.code == -signal.SIGKILL
        assert all(map(gone, family))
        assert (await processes.start(command(tmp_path, "deaf", SLEEP))).running


async def test_a_deaf_child_is_killed_when_its_grace_is_over(tmp_path: Path) -> None:
    async with Processes.open() as processes:
        child = await processes.start(command(tmp_path, "deaf", STUBBORN, grace=0.1))
        while "deaf" not in child.command.log.read_text():
            os.sched_yield()
        await processes.stop("deaf")
        assert child.code == -signal.SIGKILL


async def test_a_program_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    async with Processes.open() as processes:
        failing = command(
            tmp_path, "step", [sys.executable, "-c", "print('because of this'); raise SystemExit(7)"]
        )
        with pytest.raises(StepFailed, match=r"(?s)exit code 7.*because of this"):
            await processes.run(failing, 60)
        with pytest.raises(StepFailed, match="no-such-program"):
            await processes.start(command(tmp_path, "nothing", ["/no-such-program"]))
        with pytest.raises(StepFailed, match="did not end"):
            await processes.run(command(tmp_path, "long", SLEEP), 0.1)


async def test_a_killed_supervisor_leaves_no_child(tmp_path: Path) -> None:
    async with Processes.open() as processes:
        child = await processes.start(command(tmp_path, "sleeper", SLEEP))
        supervisor = psutil.Process(child.pid).parent()
        assert supervisor is not None
        supervisor.kill()
        await child.ended.wait()
        while not gone(child.pid):
            os.sched_yield()
