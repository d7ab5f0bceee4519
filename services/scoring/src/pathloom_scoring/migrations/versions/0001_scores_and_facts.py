"""Scores, facts, the scores feed and the cursors of the journeys feed."""

from __future__ import annotations

from alembic import op
from pathloom_kit.feeds.pg_cursors import create_cursor_tables
from pathloom_kit.feeds.tables import create_feed_tables
from pathloom_kit.leases import create_lease_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Ids, keys and names are compared, never read aloud in order: collation "C" is the fastest and the same everywhere.
TEXT = 'text COLLATE "C" NOT NULL'

PLACE = f"""
    journey_id {TEXT}, position int NOT NULL, customer_id {TEXT}, goal {TEXT}, touchpoint_id {TEXT},
    channel {TEXT}, queue {TEXT}, department {TEXT}, reason {TEXT}, touch {TEXT}, test bool NOT NULL,
    at timestamptz NOT NULL
"""

TABLES = (
    f"""CREATE TABLE journey_score (
        journey_id {TEXT} PRIMARY KEY, epoch {TEXT}, version bigint NOT NULL, model {TEXT}, alive bool NOT NULL,
        customer_id {TEXT}, goal {TEXT}, goal_label {TEXT}, state {TEXT},
        opened_at timestamptz, last_at timestamptz, channels jsonb NOT NULL, first_channel {TEXT},
        touchpoints bigint NOT NULL, friction float8 NOT NULL, satisfaction float8, satisfaction_bytes bytea NOT NULL,
        nps float8, cost float8, omitted_touchpoints bigint NOT NULL, omitted_by_channel jsonb NOT NULL,
        omitted_until timestamptz, test bool NOT NULL,
        CONSTRAINT journey_score_alive_has_time CHECK (NOT alive OR last_at IS NOT NULL)
    )""",
    "CREATE INDEX journey_score_newest ON journey_score (last_at, journey_id) WHERE alive",
    "CREATE INDEX journey_score_epoch ON journey_score (epoch, model)",
    "CREATE INDEX journey_score_omitted ON journey_score (journey_id) WHERE alive AND omitted_touchpoints > 0",
    f"""CREATE TABLE touchpoint_fact ({PLACE},
        contact bool NOT NULL, inbound bool NOT NULL, begun_by_customer bool NOT NULL, concluded bool NOT NULL,
        offered bool NOT NULL, answered bool NOT NULL, short_call bool NOT NULL, abandoned bool NOT NULL,
        entered_self_service bool NOT NULL, contained bool NOT NULL, transfers bigint NOT NULL, hop bool NOT NULL,
        not_fcr bool NOT NULL, answer_wait_s float8, waiting_s float8, cost float8,
        PRIMARY KEY (journey_id, position)
    )""",
    "CREATE INDEX touchpoint_fact_at ON touchpoint_fact (at)",
    "CREATE INDEX touchpoint_fact_follow_up ON touchpoint_fact (customer_id, reason, at, touchpoint_id) WHERE inbound",
    f"CREATE TABLE handling_fact ({PLACE}, handle_s float8, PRIMARY KEY (journey_id, position))",
    "CREATE INDEX handling_fact_at ON handling_fact (at)",
    f"CREATE TABLE answer_fact ({PLACE}, scale {TEXT}, about {TEXT}, value float8, PRIMARY KEY (journey_id, position))",
    "CREATE INDEX answer_fact_at ON answer_fact (at)",
    f"""CREATE TABLE promise_fact ({PLACE}, promise_id {TEXT}, due_at timestamptz, kept_at timestamptz,
        broken_at timestamptz, PRIMARY KEY (journey_id, position))""",
    "CREATE INDEX promise_fact_at ON promise_fact (at)",
    "CREATE TABLE scoring_state (one bool PRIMARY KEY DEFAULT true CHECK (one), applied_at timestamptz)",
    "INSERT INTO scoring_state (one) VALUES (true)",
)


def upgrade() -> None:
    """Everything."""
    create_feed_tables(op)
    create_cursor_tables(op)
    create_lease_table(op)
    for statement in TABLES:
        op.execute(statement)
