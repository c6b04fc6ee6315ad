"""goods traded under an agreement"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entrusted_goods",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("goods_name", sa.Text(), nullable=False),
        sa.Column("hs_code", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("first_traded_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "goods_name", "hs_code", name=op.f("pk_entrusted_goods")),
    )
