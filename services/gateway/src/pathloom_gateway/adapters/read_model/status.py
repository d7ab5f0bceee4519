"""Where the read model stands, for the platform's status and for tracing an event."""

from pathloom.gateway.v1.admin_pb2 import FeedLag
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.postgres import Database

from pathloom_gateway.adapters.read_model.progress import PostgresProgress
from pathloom_gateway.application.ports import ReadModelState

_SHOWS = """
SELECT EXISTS (SELECT FROM view_score WHERE journey_id = $2 AND body IS NOT NULL) AS scored,
       CASE WHEN $3 <> '' THEN EXISTS (
                SELECT FROM view_touchpoint t JOIN view_journey j USING (journey_id)
                WHERE t.touchpoint_id = $3 AND j.body IS NOT NULL)
            ELSE EXISTS (SELECT FROM view_document WHERE customer_id = $1) END AS visible
"""


class PostgresReadModel:
    """ReadModel."""

    def __init__(self, database: Database, progress: PostgresProgress) -> None:
        self._database = database
        self._progress = progress

    async def state(self) -> ReadModelState:
        await self._progress.refresh()
        async with self._database.asyncpg() as conn:
            row = await conn.fetchrow(
                "SELECT (SELECT count(*) FROM view_customer WHERE state = 1) AS customers, "
                "(SELECT count(*) FROM view_journey WHERE body IS NOT NULL) AS journeys, "
                "(SELECT count(*) FROM feed_parked) AS parked"
            )
        return ReadModelState(
            feeds=[
                FeedLag(
                    feed=feed, lane=Lane(lane).name.lower(), partition=partition, applied=applied, head=head
                )
                for feed, lane, partition, applied, head in self._progress.lags()
            ],
            places=self._progress.places(),
            customers=row["customers"],
            journeys=row["journeys"],
            parked=row["parked"],
            settled=self._progress.settled(),
        )

    async def shows(self, customer_id: str, journey_id: str, touchpoint_id: str) -> tuple[bool, bool]:
        async with self._database.asyncpg() as conn:
            row = await conn.fetchrow(_SHOWS, customer_id, journey_id, touchpoint_id)
        return row["scored"], row["visible"]
