"""The tables behind feeds, for each service's own migrations."""

from typing import Any

FEED_TABLES_SQL = (
    # One row. `fingerprint`: see epoch.py.
    "CREATE TABLE feed_epoch (epoch text NOT NULL, fingerprint text NOT NULL)",
    # The newest number given out. Updated in every commit: keep room on the page.
    """CREATE TABLE feed_head (
        feed text NOT NULL, partition int NOT NULL, lane smallint NOT NULL, n bigint NOT NULL,
        PRIMARY KEY (feed, partition, lane)
    ) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)""",
    # One row a thing. It keeps a number in each lane it was ever published in: whoever has read a lane up to n has
    # seen everything published there up to n, as it was then or newer.
    """CREATE TABLE feed_thing (
        feed text NOT NULL, partition int NOT NULL, key text NOT NULL,
        version bigint NOT NULL, live_n bigint, live_version bigint, bulk_n bigint,
        entry bytea NOT NULL, traceparent text NOT NULL,
        PRIMARY KEY (feed, partition, key)
    ) WITH (fillfactor = 85)""",
    "CREATE UNIQUE INDEX feed_thing_live ON feed_thing (feed, partition, live_n) WHERE live_n IS NOT NULL",
    "CREATE UNIQUE INDEX feed_thing_bulk ON feed_thing (feed, partition, bulk_n) WHERE bulk_n IS NOT NULL",
)

CURSOR_TABLES_SQL = (
    """CREATE TABLE feed_cursor (
        feed text NOT NULL, partition int NOT NULL, lane smallint NOT NULL, epoch text NOT NULL, n bigint NOT NULL,
        PRIMARY KEY (feed, partition, lane)
    ) WITH (fillfactor = 20)""",
    # How far the upstream had read its own upstreams, as of what has been applied here.
    """CREATE TABLE feed_watermark (
        feed text NOT NULL, of_feed text NOT NULL, partition int NOT NULL, lane smallint NOT NULL,
        epoch text NOT NULL, n bigint NOT NULL,
        PRIMARY KEY (feed, of_feed, partition, lane)
    ) WITH (fillfactor = 20)""",
    # Entries that fail deterministically.
    """CREATE TABLE feed_parked (
        feed text NOT NULL, key text NOT NULL, epoch text NOT NULL, partition int NOT NULL, lane smallint NOT NULL,
        n bigint NOT NULL, entry bytea NOT NULL, reason text NOT NULL, parked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (feed, epoch, partition, lane, n)
    )""",
    "CREATE INDEX feed_parked_key ON feed_parked (feed, key)",
    # Feeds that are being read again since a FEED_RESET.
    "CREATE TABLE feed_restart (feed text PRIMARY KEY, epoch text NOT NULL)",
)

# Up to which epoch of a feed, and in which epoch of its own feeds, the store has once read all there was.
FILLED_TABLES_SQL = (
    "CREATE TABLE feed_filled (feed text PRIMARY KEY, epoch text NOT NULL, own_epoch text NOT NULL)",
)


def create_feed_tables(op: Any) -> None:
    """For an alembic migration of a service that serves feeds."""
    for statement in FEED_TABLES_SQL:
        op.execute(statement)


def create_cursor_tables(op: Any) -> None:
    """For an alembic migration of a service that follows feeds."""
    for statement in CURSOR_TABLES_SQL:
        op.execute(statement)


def create_filled_table(op: Any) -> None:
    """For an alembic migration of a service whose store is made from feeds."""
    for statement in FILLED_TABLES_SQL:
        op.execute(statement)
