"""portions by declaration number"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("entitlement_portions", sa.Column("declaration_number", sa.Text(), nullable=True))
    op.add_column("entitlement_portions", sa.Column("item_no", sa.Integer(), nullable=True))
    op.add_column("entitlement_portions", sa.Column("departed_on", sa.Date(), nullable=True))
