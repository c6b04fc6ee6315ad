"""matches are found by their owner, portions by their consignor"""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_matches_owner_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_matches_owner_id ON matches (owner_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_entitlement_portions_consignor_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_entitlement_portions_consignor_id ON entitlement_portions (consignor_id)"
        )
