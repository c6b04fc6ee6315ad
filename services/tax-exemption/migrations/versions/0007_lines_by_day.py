"""a portion stands in a return once for each day on which parts of it left, no longer once in all"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_return_lines_departure")
        op.create_index(
            "uq_return_lines_departure",
            "return_lines",
            ["portion_id", "export_date"],
            unique=True,
            postgresql_where=sa.text("NOT adjustment"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_return_lines_first")
