"""returns are found by the day on which their window opens"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_exemption_returns_window_from")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_exemption_returns_window_from ON exemption_returns (window_from)"
        )
