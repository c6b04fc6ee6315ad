"""the first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = (
    """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
    """CREATE TRIGGER outbox_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER outbox_positions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox_positions
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER audit_chain_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)


class _Xid8(sa.types.UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    op.create_table(
        "agreement_copies",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=True),
        sa.Column("exemption_filer", sa.Text(), nullable=True),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement_copies")),
        info={"written_by": "consumers"},
    )
    op.create_index("ix_agreement_copies_parties", "agreement_copies", ["principal_id", "agent_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("business_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_chain",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_chain_audit_id")),
    )
    op.create_table(
        "commodity_decision_copies",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("goods_name", sa.Text(), nullable=False),
        sa.Column("hs_code", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_commodity_decision_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "commodity_entry_copies",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("entry_no", sa.Integer(), nullable=False),
        sa.Column("hs_prefix", sa.Text(), nullable=False),
        sa.Column("keywords", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("barred_from_simplification", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "entry_no", name=op.f("pk_commodity_entry_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "commodity_list_copies",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_commodity_list_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "consumer_positions",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_consumer_positions")),
    )
    op.create_table(
        "consumer_sequences",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "key", name=op.f("pk_consumer_sequences")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "customs_rates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("cny_per_unit", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cny_per_unit > 0", name=op.f("ck_customs_rates_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customs_rates")),
        sa.UniqueConstraint("month", "currency", name=op.f("uq_customs_rates_month_currency")),
    )
    op.create_table(
        "copy_versions",
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pilot", "name", name=op.f("pk_copy_versions")),
    )
    op.create_table(
        "declarations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("consignor_id", sa.Uuid(), nullable=False),
        sa.Column("declarant_id", sa.Uuid(), nullable=False),
        sa.Column("customs_number", sa.Text(), nullable=True),
        sa.Column("export_date", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declarations")),
        sa.UniqueConstraint("number", name=op.f("uq_declarations_number")),
    )
    op.create_index("ix_declarations_consignor_id", "declarations", ["consignor_id"], unique=False)
    op.create_index("ix_declarations_customs_number", "declarations", ["customs_number"], unique=False)
    op.create_table(
        "grade_copies",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("automatic_release", sa.Boolean(), nullable=False),
        sa.Column("review_depth", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "authority", name=op.f("pk_grade_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("from_subject_id", sa.Uuid(), nullable=False),
        sa.Column("to_subject_id", sa.Uuid(), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trade_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.UniqueConstraint("number", name=op.f("uq_handovers_number")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "loads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("consolidator_id", sa.Uuid(), nullable=False),
        sa.Column("container_number", sa.Text(), nullable=True),
        sa.Column("vehicle", sa.Text(), nullable=True),
        sa.Column("seal_number", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loads")),
        sa.UniqueConstraint("number", name=op.f("uq_loads_number")),
    )
    op.create_index(
        "uq_loads_open_container",
        "loads",
        ["pilot", "container_number"],
        unique=True,
        postgresql_where=sa.text("status <> 'closed' AND container_number IS NOT NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("xid", _Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
        sa.UniqueConstraint("topic", "key", "sequence", name=op.f("uq_outbox_topic_key_sequence")),
    )
    op.create_index("ix_outbox_xid", "outbox", ["xid"], unique=False)
    op.create_table(
        "outbox_placement",
        sa.Column("only_row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("horizon", _Xid8(), nullable=False),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_outbox_placement")),
    )
    op.create_table(
        "outbox_positions",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outbox_positions")),
        sa.UniqueConstraint("outbox_id", name=op.f("uq_outbox_positions_outbox_id")),
    )
    op.create_table(
        "parked_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="parked", nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_proposed_by", sa.Text(), nullable=True),
        sa.Column("release_confirmed_by", sa.Text(), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_events")),
        sa.UniqueConstraint("topic", "partition", "offset", name=op.f("uq_parked_events_topic_partition_offset")),
    )
    op.create_index(
        "ix_parked_events_waiting",
        "parked_events",
        ["topic", "key"],
        unique=False,
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_table(
        "place_copies",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("kind", "place_id", name=op.f("pk_place_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "policy_parameters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Text(), server_default="*", nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", "pilot", "effective_from", name=op.f("pk_policy_parameters")),
    )
    op.create_table(
        "subject_copies",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("identity_index", sa.Text(), nullable=False),
        sa.Column("natural_person", sa.Boolean(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stalls", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stall_numbers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("qualifications", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subject_copies")),
        info={"written_by": "consumers"},
    )
    op.create_index("ix_subject_copies_identity", "subject_copies", ["pilot", "identity_index"], unique=False)
    op.create_index(op.f("ix_subject_copies_number"), "subject_copies", ["number"], unique=False)
    op.create_table(
        "trace_links",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("refs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_trace_links")),
        info={"written_by": "consumers"},
    )
    op.create_index("ix_trace_links_refs", "trace_links", ["refs"], unique=False, postgresql_using="gin")
    op.create_table(
        "trades",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("consignor_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "total = round(total, CASE WHEN currency IN ('JPY','KRW','VND','CLP','ISK','UGX','XAF','XOF') THEN 0 WHEN currency IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3 ELSE 2 END)",
            name=op.f("ck_trades_total_digits"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trades")),
        sa.UniqueConstraint("number", name=op.f("uq_trades_number")),
    )
    op.create_index("ix_trades_consignor_id", "trades", ["consignor_id"], unique=False)
    op.create_index("ix_trades_seller_id", "trades", ["seller_id"], unique=False)
    op.create_index(
        "uq_trades_external_ref",
        "trades",
        ["pilot", "registered_by", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref <> ''"),
    )
    op.create_table(
        "conflicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("must_act", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closing_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declarations.id"], name=op.f("fk_conflicts_declaration_id_declarations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
        sa.UniqueConstraint(
            "declaration_id", "code", "receipt_id", name=op.f("uq_conflicts_declaration_id_code_receipt_id")
        ),
    )
    op.create_table(
        "packing_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("consignor_id", sa.Uuid(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["loads.id"], name=op.f("fk_packing_lists_load_id_loads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packing_lists")),
        sa.UniqueConstraint("number", name=op.f("uq_packing_lists_number")),
    )
    op.create_index("ix_packing_lists_consignor_id", "packing_lists", ["consignor_id"], unique=False)
    op.create_index("ix_packing_lists_load_id", "packing_lists", ["load_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declarations.id"], name=op.f("fk_receipts_declaration_id_declarations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("declaration_id", "receipt_id", name=op.f("uq_receipts_declaration_id_receipt_id")),
    )
    op.create_table(
        "trade_documents",
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name=op.f("fk_trade_documents_trade_id_trades")),
        sa.PrimaryKeyConstraint("content_hash", "trade_id", name=op.f("pk_trade_documents")),
    )
    op.create_table(
        "trade_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name=op.f("fk_trade_lines_trade_id_trades")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_lines")),
    )
    op.create_index("ix_trade_lines_trade_id", "trade_lines", ["trade_id"], unique=False)
    op.create_table(
        "trade_versions",
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name=op.f("fk_trade_versions_trade_id_trades")),
        sa.PrimaryKeyConstraint("trade_id", "version", name=op.f("pk_trade_versions")),
    )
    op.create_table(
        "movements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["trade_lines.id"], name=op.f("fk_movements_line_id_trade_lines")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movements")),
    )
    op.create_index("ix_movements_line_id", "movements", ["line_id"], unique=False)
    op.create_table(
        "packed_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("packing_list_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("packages", sa.Integer(), nullable=False),
        sa.Column("gross_weight_kg", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("net_weight_kg", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("volume_m3", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint(
            "net_weight_kg > 0 AND gross_weight_kg >= net_weight_kg", name=op.f("ck_packed_lines_weights")
        ),
        sa.CheckConstraint("quantity > 0 AND packages >= 0", name=op.f("ck_packed_lines_positive")),
        sa.ForeignKeyConstraint(["line_id"], ["trade_lines.id"], name=op.f("fk_packed_lines_line_id_trade_lines")),
        sa.ForeignKeyConstraint(
            ["packing_list_id"],
            ["packing_lists.id"],
            name=op.f("fk_packed_lines_packing_list_id_packing_lists"),
        ),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name=op.f("fk_packed_lines_trade_id_trades")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packed_lines")),
    )
    op.create_index("ix_packed_lines_line_id", "packed_lines", ["line_id"], unique=False)
    op.create_index("ix_packed_lines_packing_list_id", "packed_lines", ["packing_list_id"], unique=False)
    op.create_table(
        "portions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("declared_value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("fob_value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("fob_usd", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("released_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("departed_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("returned_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("released_fob_usd", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declarations.id"], name=op.f("fk_portions_declaration_id_declarations")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["trade_lines.id"], name=op.f("fk_portions_line_id_trade_lines")),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name=op.f("fk_portions_trade_id_trades")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portions")),
        sa.UniqueConstraint("declaration_id", "line_id", name=op.f("uq_portions_declaration_id_line_id")),
    )
    op.create_index("ix_portions_line_id", "portions", ["line_id"], unique=False)
    op.create_index("ix_portions_trade_id", "portions", ["trade_id"], unique=False)
    op.create_table(
        "trade_line_counters",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("registered", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("void", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False),
        sa.Column("packed", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False),
        sa.Column("declared", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False),
        sa.Column("released", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False),
        sa.Column("departed", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False),
        sa.Column("returned", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False),
        sa.CheckConstraint("declared >= 0 AND declared <= packed", name=op.f("ck_trade_line_counters_declared")),
        sa.CheckConstraint("departed >= 0 AND departed <= released", name=op.f("ck_trade_line_counters_departed")),
        sa.CheckConstraint("packed >= 0 AND packed <= registered - void", name=op.f("ck_trade_line_counters_packed")),
        sa.CheckConstraint(
            "registered >= 0 AND void >= 0 AND void <= registered",
            name=op.f("ck_trade_line_counters_registered"),
        ),
        sa.CheckConstraint("released >= 0 AND released <= declared", name=op.f("ck_trade_line_counters_released")),
        sa.CheckConstraint("returned >= 0 AND returned <= departed", name=op.f("ck_trade_line_counters_returned")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["trade_lines.id"], name=op.f("fk_trade_line_counters_line_id_trade_lines")
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_trade_line_counters")),
        postgresql_with={"fillfactor": 70},
    )
    op.execute(sa.schema.CreateSequence(sa.Sequence("declaration_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("handover_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("load_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("packing_list_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("trade_numbers")))
    for statement in _APPEND_ONLY:
        op.execute(statement)
