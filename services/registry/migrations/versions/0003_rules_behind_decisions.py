"""the rules behind each decision"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("subject_versions", "commodity_decisions", "credit_grades"):
        op.add_column(table, sa.Column("rule_version", sa.Text(), nullable=True))
