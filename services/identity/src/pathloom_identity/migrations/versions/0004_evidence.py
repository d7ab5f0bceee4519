"""What people's records say, spelled, and the index that brings together who is worth weighing."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    # said: what a record says about a person, packed.
    """CREATE TABLE said (
        record_no bigint PRIMARY KEY REFERENCES record ON DELETE CASCADE, said bytea NOT NULL
    )""",
    # key: a keyed hash of a rule and of what a record says to it. Some thirty rows a record, so nothing but the two
    # numbers; whoever deletes a record takes it out of its blocks.
    """CREATE TABLE block (key bigint NOT NULL, record_no bigint NOT NULL, PRIMARY KEY (key, record_no))""",
    # What is not sure enough to decide, or is near: the low number first.
    """CREATE TABLE doubt (
        left_no bigint NOT NULL REFERENCES record ON DELETE CASCADE,
        right_no bigint NOT NULL REFERENCES record ON DELETE CASCADE,
        weight bigint NOT NULL, PRIMARY KEY (left_no, right_no)
    )""",
    "CREATE INDEX doubt_right ON doubt (right_no)",
    # How customers changed: merged into, or split (out of) another one.
    """CREATE TABLE change (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        record_no bigint NOT NULL REFERENCES record ON DELETE CASCADE,
        from_id text NOT NULL, into_id text NOT NULL, split boolean NOT NULL, changed_at bigint NOT NULL,
        text text NOT NULL, actor text NOT NULL
    )""",
    "CREATE INDEX change_record ON change (record_no)",
    "CREATE INDEX change_from ON change (from_id)",
    "CREATE INDEX change_into ON change (into_id)",
    # The model in force, by a digest of all that it says.
    """CREATE TABLE model (
        one boolean PRIMARY KEY DEFAULT true CHECK (one), digest text NOT NULL, version text NOT NULL
    )""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
