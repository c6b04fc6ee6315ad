"""blocked money and closed cases, in the rows that were there: read under a lock that lets others write"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE collections VALIDATE CONSTRAINT ck_collections_blocked")
    op.execute("ALTER TABLE conflicts VALIDATE CONSTRAINT ck_conflicts_concerns")
