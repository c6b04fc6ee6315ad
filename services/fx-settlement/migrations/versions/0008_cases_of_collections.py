"""cases are found by their collection"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_conflicts_collection_id")
        op.create_index(
            "ix_conflicts_collection_id",
            "conflicts",
            ["collection_id"],
            unique=True,
            postgresql_where=sa.text("closed_at IS NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
