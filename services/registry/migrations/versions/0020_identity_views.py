"""audit lines of identity views are found by their subject"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_audit_identity_views")
        op.create_index(
            "ix_audit_identity_views",
            "audit",
            ["target"],
            postgresql_where=sa.text("operation LIKE 'view_identity: %'"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
