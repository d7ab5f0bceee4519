"""The log, what is resolved from it, and the feeds."""

from alembic import op
from pathloom_kit.feeds.log import create_feed_tables
from pathloom_kit.feeds.pg_cursors import create_cursor_tables
from pathloom_kit.leases import create_lease_table

revision = "0001"
down_revision = None

# Times in the log are microseconds since 1970 (UTC): exact, and cheap in bulk.
STATEMENTS = (
    """CREATE TABLE source (source_id text PRIMARY KEY, declaration jsonb NOT NULL, version bigint NOT NULL)""",
    # event_id is a keyed hash of (source, message id): the same message is the same row for ever, also once erased.
    """CREATE TABLE event (
        lane smallint NOT NULL, n bigint NOT NULL,
        event_id bytea NOT NULL, source_id text NOT NULL, message_id text, digest bytea,
        type smallint NOT NULL, name text NOT NULL,
        namespace text NOT NULL, kind smallint NOT NULL, user_id text NOT NULL, anonymous_id text NOT NULL,
        contact_id text NOT NULL, previous_id text NOT NULL, group_id text NOT NULL,
        occurred_at bigint NOT NULL, received_at bigint NOT NULL, client_time bigint,
        payload bytea NOT NULL, claimed boolean NOT NULL, test boolean NOT NULL, erased boolean NOT NULL,
        default_channel text NOT NULL, traceparent text NOT NULL,
        record_hash bytea, contact_hash bytea,
        PRIMARY KEY (lane, n)
    )""",
    "CREATE UNIQUE INDEX event_id ON event (event_id)",
    "CREATE INDEX event_record ON event (record_hash) WHERE record_hash IS NOT NULL",
    "CREATE INDEX event_contact ON event (contact_hash) WHERE contact_hash IS NOT NULL",
    # target is withdrawn by another event (amends, retracts).
    """CREATE TABLE withdrawal (
        target bytea NOT NULL, by_event bytea NOT NULL, PRIMARY KEY (target, by_event)
    )""",
    "CREATE INDEX withdrawal_by ON withdrawal (by_event)",
    """CREATE TABLE quarantine (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, quarantine_id text NOT NULL UNIQUE,
        same bytea NOT NULL UNIQUE, source_id text NOT NULL, lane smallint NOT NULL, message_id text NOT NULL,
        reason text NOT NULL, field text NOT NULL, detail text NOT NULL, original bytea NOT NULL,
        claimed boolean NOT NULL, received_at bigint NOT NULL, subjects bytea[] NOT NULL
    )""",
    "CREATE INDEX quarantine_source ON quarantine (source_id, seq)",
    "CREATE INDEX quarantine_message ON quarantine (message_id)",
    "CREATE INDEX quarantine_subjects ON quarantine USING gin (subjects)",
    # state: the record folded from the log, packed.
    """CREATE TABLE record (
        record_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key_hash bytea NOT NULL UNIQUE,
        namespace text NOT NULL, kind smallint NOT NULL, id text NOT NULL,
        own_customer_id text NOT NULL UNIQUE, first_seen bigint NOT NULL, sources text[] NOT NULL,
        component bigint NOT NULL, customer_id text NOT NULL, known boolean NOT NULL, bound_no bigint REFERENCES record ON DELETE SET NULL,
        state bytea NOT NULL
    ) WITH (fillfactor = 80)""",
    "CREATE INDEX record_component ON record (component)",
    "CREATE INDEX record_customer ON record (customer_id)",
    "CREATE INDEX record_bound ON record (bound_no) WHERE bound_no IS NOT NULL",
    # Who holds which value; value is a hash of (type, value).
    """CREATE TABLE identifier (
        value bytea NOT NULL, namespace text NOT NULL, contact boolean NOT NULL,
        record_no bigint NOT NULL REFERENCES record ON DELETE CASCADE, joins boolean NOT NULL, type text NOT NULL,
        PRIMARY KEY (value, namespace, contact, record_no)
    )""",
    "CREATE INDEX identifier_record ON identifier (record_no)",
    # The latest word on each pair; seq says which is later.
    """CREATE TABLE decision (
        left_no bigint NOT NULL REFERENCES record ON DELETE CASCADE,
        right_no bigint NOT NULL REFERENCES record ON DELETE CASCADE,
        same boolean NOT NULL, actor text NOT NULL, reason text NOT NULL, decided_at bigint NOT NULL,
        PRIMARY KEY (left_no, right_no), CHECK (left_no < right_no)
    )""",
    "CREATE INDEX decision_right ON decision (right_no)",
    # Work left over that is too much for one transaction.
    """CREATE TABLE task (
        kind text NOT NULL, key text NOT NULL, after bigint NOT NULL, PRIMARY KEY (kind, key)
    )""",
    # Keyed hashes of what was erased, nothing personal. generation: how often this key was erased.
    """CREATE TABLE tombstone (
        key_hash bytea PRIMARY KEY, erased_at bigint NOT NULL, generation int NOT NULL
    )""",
    """CREATE TABLE certificate (
        certificate_id text PRIMARY KEY, customer_id text NOT NULL, own_customer_ids text[] NOT NULL,
        contact_ids text[] NOT NULL, actor text NOT NULL,
        events bigint NOT NULL, records bigint NOT NULL, erased_at bigint NOT NULL, logs_follow_by bigint NOT NULL,
        keys_dropped boolean NOT NULL
    )""",
    "CREATE INDEX certificate_due ON certificate (erased_at) WHERE NOT keys_dropped",
    "CREATE INDEX certificate_customers ON certificate USING gin (own_customer_ids)",
)


def upgrade() -> None:
    create_feed_tables(op)
    create_cursor_tables(op)
    create_lease_table(op)
    for statement in STATEMENTS:
        op.execute(statement)
