"""what was paid at home"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "entitlement_portions",
        sa.Column("paid_at_home_percent", sa.Numeric(7, 4), server_default=sa.text("0"), nullable=False),
    )
