"""Values of the golden record that a steward chose."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    # pin: what this source says of this record to the field is golden. seq: the later recorded goes first.
    """CREATE TABLE pin (
        record_no bigint NOT NULL REFERENCES record ON DELETE CASCADE, field text NOT NULL, source_id text NOT NULL,
        actor text NOT NULL, reason text NOT NULL, pinned_at bigint NOT NULL, seq bigint NOT NULL,
        PRIMARY KEY (record_no, field, source_id)
    )""",
    # Who pinned and withdrew, numbered with `change`, so that both are one history: a table of its own, because the
    # version before would take a line of it in `change` for a merge.
    """CREATE TABLE pin_change (
        seq bigint PRIMARY KEY DEFAULT nextval('change_seq_seq'),
        record_no bigint NOT NULL REFERENCES record ON DELETE CASCADE, customer_id text NOT NULL,
        field text NOT NULL, source_id text NOT NULL, pinned boolean NOT NULL, changed_at bigint NOT NULL,
        text text NOT NULL, actor text NOT NULL
    )""",
    "CREATE INDEX pin_change_record ON pin_change (record_no)",
    "CREATE INDEX pin_change_customer ON pin_change (customer_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
