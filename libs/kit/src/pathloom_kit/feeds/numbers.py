"""Numbers: gap-free and in commit order, because the head row stays locked from the taking to the commit."""

from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.postgres import RawConnection

#: Feed, partition, lane and how many; the last of the numbers. For whoever takes them in the statement that uses them.
TAKE = """
INSERT INTO feed_head AS h (feed, partition, lane, n) VALUES ($1, $2, $3, $4)
ON CONFLICT (feed, partition, lane) DO UPDATE SET n = h.n + excluded.n
RETURNING n
"""


async def take_numbers(conn: RawConnection, feed: str, partition: int, lane: Lane, count: int) -> int:
    """The first of `count` (1 or more) consecutive numbers.

    Inside the caller's transaction, as late as can be: until it commits, everybody else who wants a number of this
    partition and lane waits. A rolled-back transaction gives its numbers back.
    """
    if count < 1:
        raise ValueError("at least one number must be taken")
    return int(await conn.fetchval(TAKE, feed, partition, int(lane), count)) - count + 1


async def head(conn: RawConnection, feed: str, partition: int, lane: Lane) -> int:
    """The newest number given out and committed; 0 when none."""
    found = await conn.fetchval(
        "SELECT n FROM feed_head WHERE feed = $1 AND partition = $2 AND lane = $3", feed, partition, int(lane)
    )
    return int(found or 0)
