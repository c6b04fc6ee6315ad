"""admissions to loads"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "loads", sa.Column("admitted_ids", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
