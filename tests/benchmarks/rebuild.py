"""journey-graph's store lost: made again from identity's feeds, scores and view with it, while the view serves on."""

import time

from pathloom_local.api.client import PublicApi
from pathloom_local.platform import Platform

from tests.benchmarks.cost import until
from tests.benchmarks.figures import Figure
from tests.benchmarks.stages import Stages


async def rebuild_figures(platform: Platform, api: PublicApi) -> list[Figure]:
    """Events a second from an empty graph until everything is in the view again. RuntimeError if a read fails meanwhile."""
    stages = Stages(platform)
    (first,) = (await api.measured_journeys()).journeys[:1]
    await stages.stop("journey-graph")
    await stages.empty_graph()
    begun, reads = time.monotonic(), 0
    await stages.start("journey-graph")

    async def served_and_settled() -> bool:
        nonlocal reads
        view = (await api.look_up({"customer_id": first.customer_id})).view
        if not (view.journeys or view.closed_journeys):
            raise RuntimeError("the view lost its journeys while they were made again")
        reads += 1
        return (await api.status()).settled

    await until(served_and_settled)
    took = time.monotonic() - begun
    events = await stages.events()
    return [
        Figure(
            "rebuild: from an empty graph to the view",
            events / took,
            "events/s",
            n=events,
            notes={"reads_meanwhile": reads},
        )
    ]
