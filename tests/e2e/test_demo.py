"""`pathloom demo --once`: the whole path on real parts agrees with the truth, and leaves no process."""

import asyncio
import os
import re
import sys
from pathlib import Path

import psutil

PATHLOOM = Path(sys.executable).with_name("pathloom")


async def test_the_demo_holds_and_leaves_nothing() -> None:
    process = await asyncio.create_subprocess_exec(
        PATHLOOM,
        *("demo", "--once", "--touchpoints", "150"),
        env={**os.environ, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    text = out.decode()
    assert process.returncode == 0, text + err.decode()
    assert "Call back promised" in text
    assert re.search(r"journeys, F1 over pairs +≥ 0\.90 +(0\.9\d+|1\.0+)", text), text
    folder = re.search(r"Logs +(\S+)/logs", text)
    assert folder
    assert not os.path.lexists(folder[1])  # noqa: ASYNC240 - nothing else waits here
    left = [
        each.info["cmdline"]
        for each in psutil.process_iter(["cmdline"])
        if folder[1] in " ".join(each.info["cmdline"] or [])
    ]
    assert left == []
