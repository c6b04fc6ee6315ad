"""portions are found by the declaration's and the trade's number"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_entitlement_portions_declaration_number", "entitlement_portions", "declaration_number"),
    ("ix_entitlement_portions_trade_id", "entitlement_portions", "trade_id"),
    ("ix_trade_copies_number", "trade_copies", "number"),
)


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        for name, table, column in _INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.create_index(name, table, [column], postgresql_concurrently=True, if_not_exists=True)
