"""The models that were in force, and how far the weighing by the one that is has come."""

from dataclasses import dataclass
from typing import Any

from pathloom.identity.v1 import customers_pb2 as c
from pathloom_kit.postgres import Database

from pathloom_identity.adapters.page_tokens import PAGE, numbers_of
from pathloom_identity.adapters.tasks import EVIDENCE, MODEL
from pathloom_identity.wire import timestamp

_MODELS = """
SELECT number, version, actor, reason, since FROM model_version WHERE $1 = 0 OR number < $1 ORDER BY number DESC LIMIT $2
"""
_WEIGHED = """
SELECT count(*) AS records, count(*) FILTER (WHERE record_no > t.after) AS to_weigh
FROM record LEFT JOIN (SELECT min(after) AS after FROM task WHERE kind = ANY($1)) t ON true WHERE kind <> 3
"""


@dataclass(frozen=True)
class ModelList:
    """Reads that change nothing."""

    database: Database

    async def list(self, page_size: int, page_token: str) -> c.ListModelsResponse:
        size = page_size or PAGE
        (before,) = numbers_of(page_token, 1) if page_token else (0,)
        async with self.database.asyncpg() as conn:
            rows = await conn.fetch(_MODELS, before, size + 1)
            weighed = await conn.fetchrow(_WEIGHED, [MODEL, EVIDENCE])
        found = c.ListModelsResponse(
            models=[_version(row) for row in rows[:size]],
            records=weighed["records"],
            to_weigh=weighed["to_weigh"],
        )
        if len(rows) > size:
            found.next_page_token = str(rows[size - 1]["number"])
        return found


def _version(row: Any) -> c.ModelVersion:
    return c.ModelVersion(
        number=row["number"],
        version=row["version"],
        actor=row["actor"],
        reason=row["reason"],
        since=timestamp(row["since"]),
    )
