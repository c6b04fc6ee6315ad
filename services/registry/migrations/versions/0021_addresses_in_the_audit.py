"""addresses in the audit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("audit", sa.Column("attempts", sa.Integer(), nullable=True))
