"""indexes of what is looked for: by party, status, number and time"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_outbox_occurred_at")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_outbox_occurred_at ON outbox USING brin (occurred_at)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_subject_claims_subject_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_subject_claims_subject_id ON subject_claims (subject_id)"
        )
