"""what lists ask for is found by indexes: banks of subjects and money, open cases, pilots of the audit"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_audit_pilot": "audit (pilot, id)",
    "ix_subject_copies_qualifications": "subject_copies USING gin (qualifications jsonb_path_ops)",
    "ix_pass_ons_bank_id": "pass_ons (bank_id, id)",
    "ix_pass_ons_bank_reference": "pass_ons (bank_reference)",
    "ix_payables_principal_id": "payables (principal_id)",
    "ix_conversions_bank_id": "conversions (bank_id, id)",
    "ix_conversions_bank_reference": "conversions (bank_reference)",
    "ix_conflicts_waiting": "conflicts (id) WHERE closed_at IS NULL",
}


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        for name, where in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {where}")
