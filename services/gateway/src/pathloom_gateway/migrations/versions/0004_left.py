"""Documents that history has touched, to be composed when it pauses."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE TABLE view_left (customer_id text PRIMARY KEY, left_at timestamptz NOT NULL DEFAULT now())",
    "CREATE INDEX view_left_at ON view_left (left_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
