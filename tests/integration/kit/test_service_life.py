"""A process: it says what it lacks, drains on SIGTERM, and does not outlive its background work."""

import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import asyncio, sys
from pathloom_kit import service
from pathloom_kit.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict

class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PATHLOOM_EXAMPLE_", frozen=True, extra="ignore")

class Server:
    async def stop(self, grace):
        print("drained within", grace, flush=True)

async def follow():
    await asyncio.sleep(0)
    if "FAIL" in sys.argv[0]:
        raise LookupError("a name")
    await asyncio.Event().wait()

async def build(settings, stack):
    stack.callback(print, "closed", flush=True)
    service.spawn(stack, follow(), "follower")
    print("serving", flush=True)
    return Server()

def migrate(settings):
    print("migrated", flush=True)

sys.exit(service.main(name="example", version="1", settings=Settings, build=build, migrate=migrate))
"""


def start(
    folder: Path, *arguments: str, name: str = "ok.py", lacking: bool = False
) -> "subprocess.Popen[str]":
    (folder / name).write_text(PROGRAM)
    return subprocess.Popen(
        [sys.executable, str(folder / name), *arguments],
        env={"PATH": ""} if lacking else {"PATH": "", "PATHLOOM_EXAMPLE_RPC_TOKEN": "t"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_drains_when_told_to_stop(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "serving\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert out == "drained within 10.0\nclosed\n"
    assert process.returncode == 0


def test_it_ends_when_its_background_work_fails(tmp_path: Path) -> None:
    process = start(tmp_path, name="FAIL.py")
    out, _ = process.communicate(timeout=60)
    assert "drained" in out
    assert process.returncode != 0


def test_it_says_what_it_lacks(tmp_path: Path) -> None:
    process = start(tmp_path, lacking=True)
    _, err = process.communicate(timeout=60)
    assert err.strip() == "PATHLOOM_EXAMPLE_RPC_TOKEN (or PATHLOOM_EXAMPLE_RPC_TOKEN_FILE) is not set"
    assert process.returncode != 0


def test_it_migrates_and_ends(tmp_path: Path) -> None:
    process = start(tmp_path, "migrate")
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == ("migrated\n", 0)
