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
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("customs_number", sa.Text(), nullable=False),
        sa.Column("export_date", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("portion_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("issued_number", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("number", name=op.f("uq_certificates_number")),
    )
    op.create_index("uq_certificates_issued_number", "certificates", ["issued_number"], unique=True)
    op.create_index(
        "uq_certificates_live",
        "certificates",
        ["declaration_id", "principal_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'void'"),
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
        "exemption_items",
        sa.Column("portion_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("customs_number", sa.Text(), nullable=False),
        sa.Column("item_no", sa.Integer(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("stall_holder_id", sa.Uuid(), nullable=True),
        sa.Column("consignor_id", sa.Uuid(), nullable=False),
        sa.Column("exemption_filer_id", sa.Uuid(), nullable=True),
        sa.Column("sale_date", sa.Date(), nullable=False),
        sa.Column("export_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("departed_fob", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("returned_fob", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("portion_id", name=op.f("pk_exemption_items")),
        info={"written_by": "consumers"},
    )
    op.create_index("ix_exemption_items_holder", "exemption_items", ["stall_holder_id", "export_date"], unique=False)
    op.create_table(
        "exemption_returns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stall_holder_id", sa.Uuid(), nullable=False),
        sa.Column("filer_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("filing_kind", sa.Text(), nullable=False),
        sa.Column("window_from", sa.Date(), nullable=False),
        sa.Column("window_to", sa.Date(), nullable=False),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("rate_choice", sa.Text(), nullable=False),
        sa.Column("total_rmb", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outside_reference", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption_returns")),
        sa.UniqueConstraint("number", name=op.f("uq_exemption_returns_number")),
    )
    op.create_index("ix_exemption_returns_holder", "exemption_returns", ["stall_holder_id", "month"], unique=False)
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
        "item_decisions",
        sa.Column("portion_id", sa.Uuid(), nullable=False),
        sa.Column("decision_no", sa.Integer(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fob_value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("portion_id", "decision_no", name=op.f("pk_item_decisions")),
    )
    op.create_table(
        "middle_rates",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("cny_per_unit", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cny_per_unit > 0", name=op.f("ck_middle_rates_positive")),
        sa.PrimaryKeyConstraint("day", "currency", name=op.f("pk_middle_rates")),
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
        "pilot_copies",
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("acceptance_gate_open_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("pilot", name=op.f("pk_pilot_copies")),
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
        "principal_releases",
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("consignor_id", sa.Uuid(), nullable=False),
        sa.Column("customs_number", sa.Text(), nullable=False),
        sa.Column("export_date", sa.Date(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("portion_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("declaration_id", "principal_id", name=op.f("pk_principal_releases")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "rate_choices",
        sa.Column("stall_holder_id", sa.Uuid(), nullable=False),
        sa.Column("chosen_for", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stall_holder_id", "chosen_for", name=op.f("pk_rate_choices")),
    )
    op.create_table(
        "subject_copies",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("qualifications", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subject_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "return_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("portion_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("customs_number", sa.Text(), nullable=False),
        sa.Column("item_no", sa.Integer(), nullable=False),
        sa.Column("export_date", sa.Date(), nullable=False),
        sa.Column("fob_value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.Column("rate_id", sa.Text(), nullable=False),
        sa.Column("exempt_rmb", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("adjustment", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["exemption_returns.id"], name=op.f("fk_return_lines_return_id_exemption_returns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_lines")),
        sa.UniqueConstraint("return_id", "line_no", name=op.f("uq_return_lines_return_id_line_no")),
    )
    op.create_index("ix_return_lines_portion_id", "return_lines", ["portion_id"], unique=False)
    op.create_index(
        "uq_return_lines_first", "return_lines", ["portion_id"], unique=True, postgresql_where=sa.text("NOT adjustment")
    )
    op.execute(sa.schema.CreateSequence(sa.Sequence("certificate_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("return_numbers")))
    for statement in _APPEND_ONLY:
        op.execute(statement)
