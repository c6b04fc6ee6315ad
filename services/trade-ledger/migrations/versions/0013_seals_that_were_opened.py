"""a load keeps the seals that were opened again, a packed line what was shut out of it before a deletion"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("loads", sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "loads", sa.Column("earlier_seals", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column(
        "packed_lines", sa.Column("shut_out", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False)
    )
