"""What was said about consent before it was kept is read again, source by source, in the background."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("INSERT INTO task SELECT 'consent', source_id, 0 FROM source ON CONFLICT DO NOTHING")
