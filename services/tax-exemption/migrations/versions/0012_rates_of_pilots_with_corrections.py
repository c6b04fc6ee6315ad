"""middle rates are a pilot's, and are corrected by new entries; those that were there are everybody's"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("middle_rates", sa.Column("pilot", sa.Text(), server_default="*", nullable=False), if_not_exists=True)
    op.add_column(
        "middle_rates", sa.Column("version", sa.Integer(), server_default="1", nullable=False), if_not_exists=True
    )
    op.add_column("middle_rates", sa.Column("corrects", sa.Text(), nullable=True), if_not_exists=True)
    op.add_column("middle_rates", sa.Column("reason", sa.Text(), nullable=True), if_not_exists=True)
    op.add_column("middle_rates", sa.Column("confirmed_by", sa.Text(), nullable=True), if_not_exists=True)
    op.add_column(
        "middle_rates", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True), if_not_exists=True
    )
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_middle_rates_entry")
        op.create_index(
            "uq_middle_rates_entry",
            "middle_rates",
            ["day", "currency", "pilot", "version"],
            unique=True,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
    op.execute(
        "ALTER TABLE middle_rates DROP CONSTRAINT pk_middle_rates,"
        " ADD CONSTRAINT pk_middle_rates PRIMARY KEY USING INDEX uq_middle_rates_entry"
    )
