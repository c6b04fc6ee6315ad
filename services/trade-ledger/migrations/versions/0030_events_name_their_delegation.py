"""events name their delegation"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("delegation_id", sa.UUID(), nullable=True))
    op.add_column("trace_links", sa.Column("delegation_id", sa.Uuid(), nullable=True))
