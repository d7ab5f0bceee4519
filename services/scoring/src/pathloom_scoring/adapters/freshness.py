"""How old what is measured is."""

from __future__ import annotations

from datetime import datetime

from pathloom_kit.feeds.follow import FollowerState
from pathloom_kit.postgres import Database
from sqlalchemy import select

from pathloom_scoring.adapters.tables import ScoringStateRow


class FollowedFreshness:
    """Implements application.ports.Freshness by what the follower of this process last heard; where another replica
    follows, or the follower is behind, by when the last change was applied."""

    def __init__(self, database: Database, follower: FollowerState) -> None:
        self._database = database
        self._follower = follower

    async def as_of(self) -> datetime | None:
        """See the port."""
        if self._follower.caught_up and self._follower.last_heard is not None:
            return self._follower.last_heard
        state = ScoringStateRow.__table__  # type: ignore[attr-defined]
        async with self._database.transaction() as connection:
            found: datetime | None = await connection.scalar(select(state.c.applied_at))
            return found
