"""The models that were put in force, so that one can be sent and an earlier one named again."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # The highest number is in force. actor: who sent it; empty: it is the setting's. What everybody was last weighed by
    # stays in `model`.
    op.execute(
        """CREATE TABLE model_version (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, digest text NOT NULL, version text NOT NULL,
            text text NOT NULL, actor text NOT NULL, reason text NOT NULL, since bigint NOT NULL
        )"""
    )
