"""delegations"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("grantor_id", sa.Uuid(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("told_account", sa.Text(), nullable=True),
        sa.Column("acts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("limit_usd", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(delegate_id IS NULL) <> (told_account IS NULL)", name=op.f("ck_delegations_one_delegate")),
        sa.ForeignKeyConstraint(["delegate_id"], ["subjects.id"], name=op.f("fk_delegations_delegate_id_subjects")),
        sa.ForeignKeyConstraint(["grantor_id"], ["subjects.id"], name=op.f("fk_delegations_grantor_id_subjects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index("ix_delegations_delegate_id", "delegations", ["delegate_id"], unique=False)
    op.create_index("ix_delegations_grantor_id", "delegations", ["grantor_id"], unique=False)
    op.create_index("ix_delegations_told_account", "delegations", ["told_account"], unique=False)
