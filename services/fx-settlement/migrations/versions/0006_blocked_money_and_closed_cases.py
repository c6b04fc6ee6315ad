"""blocked money and closed cases"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CHECKS = (
    ("collections", "blocked", "blocked_by = '[]' OR matched + linked = 0"),
    ("conflicts", "concerns", "(declaration_id IS NULL) <> (collection_id IS NULL)"),
)


def upgrade() -> None:
    op.add_column(
        "collections", sa.Column("blocked_by", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("conflicts", sa.Column("collection_id", sa.Uuid(), nullable=True))
    op.add_column("conflicts", sa.Column("closed_by", sa.Text(), nullable=True))
    op.add_column("conflicts", sa.Column("closing_reason", sa.Text(), nullable=True))
    op.add_column("conflicts", sa.Column("closing_evidence_hash", sa.Text(), nullable=True))
    op.add_column("conflicts", sa.Column("accepted_excess", sa.Numeric(precision=20, scale=4), nullable=True))
    # A case of the release before names its declaration, and that release asks for cases by their declaration only.
    op.execute("-- squawk-ignore ban-drop-not-null\nALTER TABLE conflicts ALTER COLUMN declaration_id DROP NOT NULL")
    op.add_column(
        "entitlement_portions", sa.Column("frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    for table, name, check in _CHECKS:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({check}) NOT VALID")
