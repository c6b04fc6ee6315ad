"""items are found by who files their returns"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_exemption_items_exemption_filer_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_exemption_items_exemption_filer_id ON exemption_items (exemption_filer_id)"
        )
