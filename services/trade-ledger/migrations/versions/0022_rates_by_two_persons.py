"""rates by two persons"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "customs_rates", sa.Column("by_two_persons", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
