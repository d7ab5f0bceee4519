"""The read model: what the four feeds say, and each customer's view ready to serve. Nothing in it is the truth."""

from alembic import op
from pathloom_kit.feeds.tables import create_cursor_tables
from pathloom_kit.leases import create_lease_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Instants are microseconds since 1970. `epoch` is that of the feed's entry: a version counts only within one epoch.
STATEMENTS = (
    # Revisions of documents and contacts; `instance` tells one read model from a rebuilt one, `hash_key` keys the
    # hashes of what was erased.
    "CREATE SEQUENCE view_revision",
    """CREATE TABLE view_meta (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        instance text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
        hash_key bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    )""",
    "INSERT INTO view_meta DEFAULT VALUES",
    # state: 1 lives, 2 is now `into_id`, 3 erased. `thing`: the Customer message as it was last alive.
    """CREATE TABLE view_customer (
        customer_id text PRIMARY KEY, epoch text NOT NULL, version bigint NOT NULL, lane smallint NOT NULL,
        n bigint NOT NULL, state smallint NOT NULL, into_id text, thing bytea
    )""",
    "CREATE INDEX view_customer_into ON view_customer (into_id) WHERE into_id IS NOT NULL",
    """CREATE TABLE view_member (
        record_key text NOT NULL, customer_id text NOT NULL, own_customer_id text NOT NULL,
        PRIMARY KEY (record_key, customer_id)
    )""",
    "CREATE INDEX view_member_customer ON view_member (customer_id)",
    """CREATE TABLE view_identifier (
        type text NOT NULL, value text NOT NULL, namespace text NOT NULL, customer_id text NOT NULL,
        PRIMARY KEY (type, value, namespace, customer_id)
    )""",
    "CREATE INDEX view_identifier_customer ON view_identifier (customer_id)",
    # "C": so that "begins with" is a range of the index, whatever the database's locale.
    """CREATE TABLE view_name (
        word text COLLATE "C" NOT NULL, customer_id text NOT NULL, PRIMARY KEY (word, customer_id)
    )""",
    "CREATE INDEX view_name_customer ON view_name (customer_id)",
    # One row a contact id. What the binding says (b_, level … candidates) and what the events say (pieces, step_key).
    """CREATE TABLE view_contact (
        contact_key text PRIMARY KEY, namespace text NOT NULL, contact_id text NOT NULL,
        root_key text NOT NULL, step_key text NOT NULL,
        b_epoch text, b_version bigint, b_lane smallint, b_n bigint,
        b_root text, level smallint, reason text, bound_record text, own_customer_id text, candidates text[],
        pieces bytea, last_us bigint NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX view_contact_id ON view_contact (contact_id)",
    "CREATE INDEX view_contact_root ON view_contact (root_key)",
    "CREATE INDEX view_contact_step ON view_contact (step_key)",
    "CREATE INDEX view_contact_own ON view_contact (own_customer_id) WHERE own_customer_id IS NOT NULL",
    "CREATE INDEX view_contact_bound ON view_contact (bound_record) WHERE bound_record IS NOT NULL",
    "CREATE INDEX view_contact_old ON view_contact (last_us) WHERE pieces IS NOT NULL",
    # One row a root contact, folded. `body`: a LiveContact message.
    """CREATE TABLE view_live (
        root_key text PRIMARY KEY, owner text NOT NULL, level smallint NOT NULL, candidates text[] NOT NULL,
        state text NOT NULL, queue text NOT NULL, started_us bigint NOT NULL, since_us bigint NOT NULL,
        waiting_us bigint NOT NULL, last_us bigint NOT NULL, offered_us bigint NOT NULL, ended_us bigint NOT NULL,
        abandoned boolean NOT NULL, short boolean NOT NULL, test boolean NOT NULL, body bytea NOT NULL,
        revision bigint NOT NULL
    )""",
    "CREATE INDEX view_live_owner ON view_live (owner, last_us DESC) WHERE ended_us = 0",
    "CREATE INDEX view_live_waiting ON view_live (last_us) WHERE ended_us = 0 AND offered_us > 0",
    "CREATE INDEX view_live_ended ON view_live (ended_us) WHERE ended_us > 0",
    "CREATE INDEX view_live_offered ON view_live (offered_us) WHERE offered_us > 0",
    # `owner`: the present customer. A withdrawn journey that still has its body shows what has not come elsewhere yet.
    # `fragment`: its JSON, made for `fragment_of`.
    """CREATE TABLE view_journey (
        journey_id text PRIMARY KEY, epoch text NOT NULL, version bigint NOT NULL, withdrawn boolean NOT NULL,
        customer_id text NOT NULL, owner text NOT NULL, customer_version bigint NOT NULL, generation bigint NOT NULL,
        in_progress boolean NOT NULL, open_items boolean NOT NULL, opened_us bigint NOT NULL, last_us bigint NOT NULL,
        body bytea, fragment bytea, fragment_of text
    )""",
    "CREATE INDEX view_journey_owner ON view_journey (owner, in_progress, last_us DESC) WHERE body IS NOT NULL",
    "CREATE INDEX view_journey_open ON view_journey (owner, last_us DESC) WHERE open_items AND body IS NOT NULL",
    "CREATE INDEX view_journey_opened ON view_journey (owner, opened_us DESC, journey_id) WHERE body IS NOT NULL",
    "CREATE INDEX view_journey_customer ON view_journey (customer_id)",
    "CREATE INDEX view_journey_ghost ON view_journey (journey_id) WHERE withdrawn AND body IS NOT NULL",
    """CREATE TABLE view_score (
        journey_id text PRIMARY KEY, epoch text NOT NULL, version bigint NOT NULL, customer_id text NOT NULL, body bytea
    )""",
    "CREATE INDEX view_score_customer ON view_score (customer_id)",
    # Which journeys hold a touchpoint: more than one only while a re-cut is on its way (then it is contested).
    """CREATE TABLE view_touchpoint (
        touchpoint_id text NOT NULL, journey_id text NOT NULL, PRIMARY KEY (touchpoint_id, journey_id)
    )""",
    "CREATE INDEX view_touchpoint_journey ON view_touchpoint (journey_id)",
    "CREATE TABLE view_contested (touchpoint_id text PRIMARY KEY)",
    """CREATE TABLE view_promise (
        journey_id text NOT NULL, ordinal int NOT NULL, due_us bigint NOT NULL, PRIMARY KEY (journey_id, ordinal)
    )""",
    "CREATE INDEX view_promise_due ON view_promise (due_us)",
    # The view, ready: `body` for JSON, `message` for gRPC, `summary` for lists and sentences.
    """CREATE TABLE view_document (
        customer_id text PRIMARY KEY, revision bigint NOT NULL, changed_us bigint NOT NULL, summary bytea NOT NULL,
        body bytea NOT NULL, message bytea NOT NULL, last_contact_us bigint NOT NULL
    )""",
    "ALTER TABLE view_document ALTER body SET STORAGE EXTERNAL",
    # What was erased: keyed hashes, nothing personal. Events received up to then name nobody.
    "CREATE TABLE view_forgotten (key_hash bytea PRIMARY KEY, erased_us bigint NOT NULL)",
    # How far each feed's upstream had got when last heard, and the newest event's receipt time.
    """CREATE TABLE view_heard (
        feed text NOT NULL, partition int NOT NULL, lane smallint NOT NULL, head bigint NOT NULL,
        heard_us bigint NOT NULL, as_of_us bigint NOT NULL, PRIMARY KEY (feed, partition, lane)
    ) WITH (fillfactor = 20)""",
)


def upgrade() -> None:
    create_cursor_tables(op)
    create_lease_table(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; the read model is rebuilt from the feeds")
