"""Which touchpoints a journey holds that another one shows, as the read model stands."""

from collections.abc import Collection

from pathloom_kit.postgres import RawConnection

from pathloom_gateway.domain.shown import Claim, hidden_touchpoints

_CLAIMS = """
SELECT t.touchpoint_id, j.journey_id, j.withdrawn, j.customer_id = j.owner AS present, j.customer_version, j.generation,
       j.version, coalesce(c.version, 0) AS now_version
FROM view_contested x JOIN view_touchpoint t USING (touchpoint_id) JOIN view_journey j ON j.journey_id = t.journey_id
LEFT JOIN view_customer c ON c.customer_id = j.customer_id
WHERE x.touchpoint_id IN (SELECT touchpoint_id FROM view_touchpoint WHERE journey_id = ANY($1))
"""


async def hidden_in(conn: RawConnection, journey_ids: Collection[str]) -> dict[str, set[str]]:
    """By journey, of these and of those that they share touchpoints with; empty unless a re-cut is on its way."""
    contested: dict[str, list[Claim]] = {}
    for row in await conn.fetch(_CLAIMS, list(journey_ids)):
        contested.setdefault(row["touchpoint_id"], []).append(
            Claim(
                journey_id=row["journey_id"],
                present=row["present"],
                lag=max(0, row["now_version"] - row["customer_version"]),
                withdrawn=row["withdrawn"],
                generation=row["generation"],
                version=row["version"],
            )
        )
    return hidden_touchpoints(contested)
