"""parts of items by day"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "exemption_items", sa.Column("departures", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column(
        "exemption_items", sa.Column("returns", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("exemption_items", sa.Column("amended_on", sa.Date(), nullable=True))
    op.add_column("exemption_items", sa.Column("frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column(
        "principal_releases", sa.Column("frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
