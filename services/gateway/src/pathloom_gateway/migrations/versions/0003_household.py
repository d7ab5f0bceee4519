"""Who shares a phone or an address."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    # As identity's entry has it; no customers: there is none any more.
    """CREATE TABLE view_household (
        household_id text PRIMARY KEY, epoch text NOT NULL, version bigint NOT NULL, type text NOT NULL,
        hint text NOT NULL, customer_ids text[] NOT NULL
    )""",
    "CREATE INDEX view_household_customers ON view_household USING gin (customer_ids)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
