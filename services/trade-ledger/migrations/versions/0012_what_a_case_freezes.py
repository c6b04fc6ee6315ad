"""what a case freezes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "conflicts", sa.Column("portion_ids", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("conflicts", sa.Column("closing_evidence_hash", sa.Text(), nullable=True))
