"""indexes of what is looked for: by party, status, number and time"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_outbox_occurred_at")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_outbox_occurred_at ON outbox USING brin (occurred_at)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_collections_buyer_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_collections_buyer_id ON collections (buyer_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_claims_creditor_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_claims_creditor_id ON claims (creditor_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_claims_collection_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_claims_collection_id ON claims (collection_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_pass_ons_agent_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_pass_ons_agent_id ON pass_ons (agent_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_pass_ons_principal_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_pass_ons_principal_id ON pass_ons (principal_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_holds_bank_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_holds_bank_id ON holds (bank_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_holds_status")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_holds_status ON holds (status, id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_conflicts_of_declaration")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_conflicts_of_declaration ON conflicts (declaration_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_conflicts_of_collection")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_conflicts_of_collection ON conflicts (collection_id)")
