"""what lists ask for is found by indexes: cases by who must act, purchases whose buyer is unnamed, pilots of the audit"""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_audit_pilot": "audit (pilot, id)",
    "ix_conflicts_waiting": "conflicts (id) WHERE closed_at IS NULL",
    "ix_conflicts_must_act": "conflicts (must_act, id)",
    "ix_trades_without_buyer": "trades ((state ->> 'procurement_agency_id'))"
    " WHERE buyer_id IS NULL AND (state ->> 'procurement_agency_id') IS NOT NULL",
}


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        for name, where in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {where}")
