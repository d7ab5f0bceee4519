"""A real browser: named by PATHLOOM_TEST_BROWSER, else one that is installed, else the registry's own Chromium."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

HERE = Path(__file__).parent
NPM = HERE.parent.parent / "tools" / "node.sh"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser_packages() -> Path:
    """The folder with axe-core and, for machines without a browser, Chromium; installed from the lock on first use."""
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        subprocess.run(
            [str(NPM), "--prefix", str(HERE), "ci", "--no-audit", "--no-fund", "--silent"], check=True
        )
    return HERE / "node_modules"


@pytest.fixture(scope="session")
def browser_path(browser_packages: Path) -> str:
    """The executable."""
    named = os.environ.get("PATHLOOM_TEST_BROWSER") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if named:
        return named
    command = [str(NPM), "--prefix", str(HERE), "run", "--silent", "locate"]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    return str(said.stdout.strip().splitlines()[-1])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    """One browser for the session; each test opens a context of its own."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield started
        await started.close()
