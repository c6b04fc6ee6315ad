"""customs rates are a pilot's, and are corrected by new entries; those that were there are everybody's"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customs_rates", sa.Column("pilot", sa.Text(), server_default="*", nullable=False))
    op.add_column("customs_rates", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("customs_rates", sa.Column("corrects", sa.Text(), nullable=True))
    op.add_column("customs_rates", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("customs_rates", sa.Column("confirmed_by", sa.Text(), nullable=True))
    op.add_column("customs_rates", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_customs_rates_month_currency"), "customs_rates", type_="unique")
