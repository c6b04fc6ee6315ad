"""a copied grade keeps its inspection rate; what was heard before has none until the copies are rebuilt"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "grade_copies", sa.Column("inspection_rate_percent", sa.Numeric(precision=20, scale=6), nullable=True)
    )
