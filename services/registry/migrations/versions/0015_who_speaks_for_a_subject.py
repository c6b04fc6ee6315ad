"""who speaks for a subject"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subject_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("claimant", sa.Text(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_subject_claims_subject_id_subjects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_claims")),
    )
    op.create_index(op.f("ix_subject_claims_claimant"), "subject_claims", ["claimant"], unique=False)
    op.create_index(
        "uq_subject_claims_open",
        "subject_claims",
        ["subject_id", "claimant"],
        unique=True,
        postgresql_where="status = 'open'",
    )
    op.add_column("role_filings", sa.Column("stated_name", sa.Text(), nullable=True))
