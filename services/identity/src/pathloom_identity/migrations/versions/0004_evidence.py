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
    # The model in force, by a digest of all that it says.
    """CREATE TABLE model (
        one boolean PRIMARY KEY DEFAULT true CHECK (one), digest text NOT NULL, version text NOT NULL
    )""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
