"""Does it stay as fast for a customer with a long history? Appends to one of a hundred thousand touchpoints beside one of ten."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pathloom_local.api.client import PublicApi, Taken
from pathloom_local.api.sender import Batch, Outgoing, batches, send

from tests.benchmarks.figures import Figure, at_most
from tests.benchmarks.freshness import SOURCE, Prober

FEW = 10
APART = timedelta(hours=6)
"""Between two visits: far less than the silence that ends a journey, so nothing is cut off by time alone."""


async def grown(api: PublicApi, key: str, user: str, touchpoints: int) -> None:
    """A customer with so many visits, the last of them yesterday, through the bulk lane."""

    def answered(batch: Batch, taken: Taken) -> None:
        if taken.errors:
            raise RuntimeError(f"refused: {taken.errors[0]['reason']}")

    await send(api, batches(_visits(key, user, touchpoints)), answered)


async def growth_figures(
    probe: Prober, long: str, short: str, touchpoints: int, seconds: float
) -> list[Figure]:
    """p95 of freshness of appends to each; both take turns in the same run."""
    many = await probe.freshness(seconds, user=long)
    few = await probe.freshness(seconds, user=short)
    ratio = many.ms(0.95) / few.ms(0.95)
    what = f"growth: p95 of freshness, a customer of {touchpoints:,} ÷ one of {FEW}"
    notes = {"p95_ms": round(many.ms(0.95)), "p95_ms_of_few": round(few.ms(0.95))}
    return [at_most(what, ratio, "×", 2.0, n=len(many), notes=notes)]


def _visits(key: str, user: str, count: int) -> Iterator[Outgoing]:
    last = datetime.now(UTC) - timedelta(days=1)
    for n in range(count):
        message = {
            "type": "page",
            "name": "Status",
            "messageId": f"{SOURCE}-{user}-{n}",
            "userId": user,
            "timestamp": (last - APART * (count - n)).isoformat(),
            "properties": {"category": "aid_status", "channel": "web"},
        }
        yield Outgoing(key, True, message, n)
