"""what lists ask for is found by indexes: banks, states of filings, amendments and claims, pilots of the audit"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_audit_pilot": "audit (pilot, id)",
    "ix_subjects_qualifications": "subjects USING gin (qualifications jsonb_path_ops)",
    "ix_role_filings_status": "role_filings (status, role)",
    "ix_subject_amendments_status": "subject_amendments (status, id)",
    "ix_subject_claims_status": "subject_claims (status, id)",
}


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        for name, where in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {where}")
