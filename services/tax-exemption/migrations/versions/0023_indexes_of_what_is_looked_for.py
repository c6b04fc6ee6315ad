"""indexes of what is looked for: by party, status, number and time"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_outbox_occurred_at")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_outbox_occurred_at ON outbox USING brin (occurred_at)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_exemption_returns_filer_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_exemption_returns_filer_id ON exemption_returns (filer_id)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_exemption_returns_outside_reference")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_exemption_returns_outside_reference ON exemption_returns (outside_reference)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_return_lines_rate_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_return_lines_rate_id ON return_lines (rate_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_certificates_operator_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_certificates_operator_id ON certificates (operator_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_certificates_principal_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_certificates_principal_id ON certificates (principal_id)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_certificates_customs_number")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_certificates_customs_number ON certificates (customs_number)"
        )
