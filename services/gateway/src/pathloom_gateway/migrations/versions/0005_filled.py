"""Up to which epoch of each feed the read model has once read all there was."""

from alembic import op
from pathloom_kit.feeds.tables import create_filled_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_filled_table(op)
