"""a trade's columns say what its document says, in the rows that were there: read under a lock that lets others write"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, document in (("trades", "state"), ("trade_versions", "state"), ("trade_lines", "content")):
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{document}")
