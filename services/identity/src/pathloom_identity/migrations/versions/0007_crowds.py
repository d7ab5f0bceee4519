"""Everybody is weighed anew in the background: crowds fall into parts by what is kept of pairs, and versions before kept
pairs also where the block that had brought them together had become too large."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        "INSERT INTO task SELECT 'crowd', '', 0 WHERE EXISTS (SELECT FROM record) ON CONFLICT DO NOTHING"
    )
