"""Whoever is there already gets a household too, in the background."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("INSERT INTO task SELECT 'household', '', 0 WHERE EXISTS (SELECT FROM record)")
