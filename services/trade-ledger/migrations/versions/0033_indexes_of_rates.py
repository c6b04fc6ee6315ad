"""declarations and portions are found by the rate that they were valued at: the indexes"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_declarations_rate_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_declarations_rate_id ON declarations ((content -> 'assessed' ->> 'rate_id'))"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_declarations_usd_rate_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_declarations_usd_rate_id ON declarations ((content -> 'assessed' ->> 'usd_rate_id'))"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_portions_slip_rate_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_portions_slip_rate_id ON portions ((content ->> 'slip_rate_id'))"
        )
