"""The session's platform as the laws take it; and, for the long runs, one with one replica of everything beside one with
two, which is told the same. Those two share one erasure secret, so customers have the same ids."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from pathloom_local.demo.compare import Comparison

from tests.conftest import RunningPlatform
from tests.laws.company import Company, deliver, now, nudges
from tests.laws.replicas import idle, leases_keep_nobody_out
from tests.laws.running import Measuring, Running, started

PATIENCE_S = 240


@dataclass(frozen=True, slots=True)
class Both:
    """The two, and what both have been told."""

    alone: Measuring
    pair: Measuring
    company: Company
    compared: Comparison
    """What two of each say, beside the truth; read before any test told them more."""


@pytest.fixture(scope="session")
def running(platform: RunningPlatform) -> Running:
    """The platform that all tests share: keep to sources and ids of your own."""
    return Running(platform.local, [platform.api])


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def both(engines_folder: Path) -> AsyncIterator[Both]:
    """Told the history of a small company: the pair through all its doors, with leases that keep no replica out, until
    every replica has had its share; then the other, in order."""
    async with (
        started(engines_folder / "law-alone", 1) as alone,
        started(engines_folder / "law-pair", 2) as pair,
    ):
        company = Company(now(), seed=7, touchpoints=60)
        sent = 0
        async with leases_keep_nobody_out(pair), asyncio.timeout(PATIENCE_S):
            keys = await company.keys(pair)
            await deliver(pair, company.sent(keys))
            while idle(pair, 2):
                sent += 1
                await deliver(pair, nudges(company, keys, sent))
                await asyncio.sleep(0.2)
        keys = await company.keys(alone)
        await deliver(alone, company.sent(keys))
        for number in range(sent):
            await deliver(alone, nudges(company, keys, number + 1))
        await asyncio.gather(alone.settled(), pair.settled())
        yield Both(alone, pair, company, await company.compared(pair))
