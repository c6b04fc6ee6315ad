"""subjects are found by the account of who asks"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_subjects_account")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_subjects_account ON subjects (account)")
