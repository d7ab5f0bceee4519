"""Up to which epoch of the journeys feed all there was has once been scored."""

from alembic import op
from pathloom_kit.feeds.tables import create_filled_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table."""
    create_filled_table(op)
