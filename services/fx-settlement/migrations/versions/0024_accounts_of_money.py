"""accounts of money"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collections", sa.Column("account_id", sa.Uuid(), nullable=True))
    op.add_column("pass_ons", sa.Column("account_id", sa.Uuid(), nullable=True))
    op.add_column("pass_ons", sa.Column("principal_account_id", sa.Uuid(), nullable=True))
    op.add_column("conversions", sa.Column("account_id", sa.Uuid(), nullable=True))
