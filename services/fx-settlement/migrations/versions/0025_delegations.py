"""delegations"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delegation_copies",
        sa.Column("delegation_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("grantor_id", sa.Uuid(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("acts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("limit_usd", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("delegation_id", name=op.f("pk_delegation_copies")),
        info={"written_by": "consumers"},
    )
    op.create_index("ix_delegation_copies_grantor", "delegation_copies", ["grantor_id"], unique=False)
