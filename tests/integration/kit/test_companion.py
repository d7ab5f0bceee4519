"""A service of two processes: they end as one, whatever ends one of them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

PROGRAM = """
import asyncio, os, sys, time
from pathlib import Path
from pathloom_kit import service
from pathloom_kit.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict

mode, second = sys.argv.pop(1), Path(sys.argv[0]).with_name("second")

class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PATHLOOM_EXAMPLE_", frozen=True, extra="ignore")

class Server:
    def __init__(self, name):
        self.name = name

    async def stop(self, grace):
        print(self.name, "drained", flush=True)
        if mode == "stubborn" and self.name == "second":
            time.sleep(600)

async def build(settings, stack):
    while not second.exists():
        await asyncio.sleep(0.01)
    if mode == "no-start":
        raise SystemExit("cannot listen")
    stack.callback(print, "first closed", flush=True)
    print("serving", flush=True)
    return Server("first")

async def beside(settings, stack):
    stack.callback(print, "second closed", flush=True)
    second.with_suffix(".new").write_text(str(os.getpid()))
    second.with_suffix(".new").rename(second)
    if mode == "fails":
        raise LookupError("a name")
    return Server("second")

sys.exit(service.main(name="example", version="1", settings=Settings, build=build, beside=beside))
"""


class Two:
    """The program, running."""

    def __init__(self, folder: Path, mode: str) -> None:
        (folder / "two.py").write_text(PROGRAM)
        self._told = folder / "second"
        grace_s = "0.2" if mode == "stubborn" else "60"
        self.first = subprocess.Popen(
            [sys.executable, str(folder / "two.py"), mode],
            env={"PATH": "", "PATHLOOM_EXAMPLE_RPC_TOKEN": "t", "PATHLOOM_EXAMPLE_SHUTDOWN_GRACE_S": grace_s},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def serving(self) -> psutil.Process:
        """The second, once both serve."""
        assert self.first.stdout is not None
        assert self.first.stdout.readline() == "serving\n"
        return self.second()

    def second(self) -> psutil.Process:
        return psutil.Process(int(self._told.read_text()))

    def ended(self) -> tuple[list[str], str]:
        """What both said, once both are gone: each holds an end of the same pipes."""
        out, err = self.first.communicate(timeout=60)
        return sorted(out.splitlines()), err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_both_drain_and_close(tmp_path: Path, number: signal.Signals) -> None:
    two = Two(tmp_path, "serve")
    two.serving()
    os.killpg(two.first.pid, number)
    said, _ = two.ended()
    assert said == ["first closed", "first drained", "second closed", "second drained"]
    assert two.first.returncode == 0


def test_the_second_gives_way_to_the_first(tmp_path: Path) -> None:
    two = Two(tmp_path, "serve")
    second = two.serving()
    assert second.nice() > psutil.Process(two.first.pid).nice()
    two.first.terminate()
    two.ended()


def test_a_second_that_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    two = Two(tmp_path, "stubborn")
    two.serving()
    two.first.terminate()
    said, _ = two.ended()
    assert said == ["first closed", "first drained", "second drained"]
    assert two.first.returncode == 0


def test_a_second_that_fails_takes_the_first_down(tmp_path: Path) -> None:
    two = Two(tmp_path, "fails")
    said, err = two.ended()
    assert "first closed" in said
    assert "LookupError" in err
    assert "CompanionEnded" in err
    assert two.first.returncode == 1


def test_a_first_that_cannot_start_takes_the_second_down(tmp_path: Path) -> None:
    two = Two(tmp_path, "no-start")
    said, err = two.ended()
    assert said[:1] == ["second closed"]
    assert err.strip().endswith("cannot listen")
    assert two.first.returncode == 1


def test_a_first_that_is_killed_takes_even_a_stuck_second_along(tmp_path: Path) -> None:
    two = Two(tmp_path, "serve")
    second = two.serving()
    second.suspend()
    two.first.kill()
    two.ended()
    assert two.first.returncode == -signal.SIGKILL
