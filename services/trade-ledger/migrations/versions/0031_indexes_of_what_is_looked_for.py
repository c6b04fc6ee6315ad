"""indexes of what is looked for: by party, status, day, number and event"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an interrupted build left is an index that isn't used.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_outbox_occurred_at")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_outbox_occurred_at ON outbox USING brin (occurred_at)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_subject_copies_stall_numbers")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_subject_copies_stall_numbers ON subject_copies USING gin (stall_numbers)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_subject_copies_roles")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_subject_copies_roles ON subject_copies USING gin (roles jsonb_path_ops)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_agreement_copies_agent_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_agreement_copies_agent_id ON agreement_copies (agent_id)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_agreement_copies_number")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_agreement_copies_number ON agreement_copies (number)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_trace_links_key")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trace_links_key ON trace_links (key)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_trace_links_number")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trace_links_number ON trace_links ((shown ->> 'number'))"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_trace_links_issued_number")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trace_links_issued_number ON trace_links ((shown ->> 'issued_number'))"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_declarations_declarant_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_declarations_declarant_id ON declarations (declarant_id)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_declarations_status")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_declarations_status ON declarations (status, id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_declarations_export_date")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_declarations_export_date ON declarations (export_date)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_conflicts_is_open")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_conflicts_is_open ON conflicts (declaration_id) WHERE closed_at IS NULL"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_loads_consolidator_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_loads_consolidator_id ON loads (consolidator_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_loads_container_number")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_loads_container_number ON loads (container_number)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_loads_vehicle")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_loads_vehicle ON loads (vehicle)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_loads_seal_number")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_loads_seal_number ON loads (seal_number)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_loads_earlier_seals")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_loads_earlier_seals ON loads USING gin (earlier_seals jsonb_path_ops)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_packing_lists_declaration_id")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_packing_lists_declaration_id ON packing_lists (declaration_id)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_packing_lists_status")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_packing_lists_status ON packing_lists (status, id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_packed_lines_trade_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_packed_lines_trade_id ON packed_lines (trade_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_handovers_trade_ids")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_handovers_trade_ids ON handovers USING gin (trade_ids)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_trade_documents_trade_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trade_documents_trade_id ON trade_documents (trade_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_trades_buyer_id")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trades_buyer_id ON trades (buyer_id)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_trades_registered_by")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trades_registered_by ON trades (registered_by) WHERE registered_by <> seller_id AND registered_by <> consignor_id"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_trades_status")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trades_status ON trades (status, id) WHERE status <> 'registered'"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_trades_trade_date")
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trades_trade_date ON trades USING brin (trade_date)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_trades_slip")
        op.execute(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS uq_trades_slip ON trades (external_ref, registered_by, pilot) WHERE external_ref <> ''"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_trades_external_ref")
