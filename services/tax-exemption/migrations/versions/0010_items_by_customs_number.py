"""items are found by customs' number"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_exemption_items_customs_number")
        op.create_index(
            "ix_exemption_items_customs_number",
            "exemption_items",
            ["customs_number"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )
