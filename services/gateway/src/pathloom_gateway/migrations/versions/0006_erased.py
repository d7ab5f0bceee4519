"""Who was ever erased: no restore of an upstream brings them back."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE TABLE view_erased (customer_id text PRIMARY KEY, lives_again boolean NOT NULL DEFAULT false)",
    "CREATE INDEX view_erased_lives_again ON view_erased (customer_id) WHERE lives_again",
    # Epoch '': what a contact's own id stood for went with the contact, and no upstream has said it was erased.
    "INSERT INTO view_erased (customer_id) SELECT customer_id FROM view_customer WHERE state = 3 AND epoch <> ''",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
