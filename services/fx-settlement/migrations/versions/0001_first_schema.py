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
_JOURNAL = (
    """CREATE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF EXISTS (SELECT 1 FROM journal WHERE entry_id = NEW.entry_id
                        GROUP BY currency HAVING sum(amount) <> 0) THEN
               RAISE EXCEPTION 'journal entry % does not balance', NEW.entry_id;
             END IF;
             RETURN NULL;
           END $$""",
    """CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON journal
           DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_balances()""",
    """CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER room_moves_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON room_moves
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
        "bank_copies",
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("bank_id", name=op.f("pk_bank_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "collections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("collector_id", sa.Uuid(), nullable=False),
        sa.Column("account_kind", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("bank_charges", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("matched", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("refunded", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("linked", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("payer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("payer_relation", sa.Text(), nullable=False),
        sa.Column("payer_evidence_hash", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "amount = round(amount, CASE WHEN currency IN ('JPY','KRW','VND','CLP','ISK','UGX','XAF','XOF') THEN 0 WHEN currency IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3 ELSE 2 END)",
            name=op.f("ck_collections_amount_digits"),
        ),
        sa.CheckConstraint(
            "matched = round(matched, CASE WHEN currency IN ('JPY','KRW','VND','CLP','ISK','UGX','XAF','XOF') THEN 0 WHEN currency IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3 ELSE 2 END)",
            name=op.f("ck_collections_matched_digits"),
        ),
        sa.CheckConstraint("matched + refunded + linked <= amount", name=op.f("ck_collections_parts")),
        sa.CheckConstraint("matched >= 0 AND refunded >= 0 AND linked >= 0", name=op.f("ck_collections_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("bank_id", "bank_reference", name=op.f("uq_collections_bank_id_bank_reference")),
        sa.UniqueConstraint("number", name=op.f("uq_collections_number")),
    )
    op.create_index("ix_collections_bank_id", "collections", ["bank_id", "collector_id"], unique=False)
    op.create_index("ix_collections_collector_id", "collections", ["collector_id"], unique=False)
    op.create_table(
        "conflicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("must_act", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
    )
    op.create_index(
        "ix_conflicts_open",
        "conflicts",
        ["declaration_id", "code"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
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
        "conversions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("rmb_amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.Column("rate_id", sa.Text(), nullable=False),
        sa.Column("uses_quota", sa.Boolean(), nullable=False),
        sa.Column("proof_portion_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("proof_document_hash", sa.Text(), nullable=True),
        sa.Column("quota_statement", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("converted_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversions")),
        sa.UniqueConstraint("bank_id", "bank_reference", name=op.f("uq_conversions_bank_id_bank_reference")),
        sa.UniqueConstraint("number", name=op.f("uq_conversions_number")),
    )
    op.create_index("ix_conversions_holder_id", "conversions", ["holder_id"], unique=False)
    op.create_table(
        "entitlement_portions",
        sa.Column("portion_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("consignor_id", sa.Uuid(), nullable=False),
        sa.Column("collector_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("settlement_method", sa.Text(), nullable=False),
        sa.Column("customs_number", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("released", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("collectable", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("released_fob_usd", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("portion_id", name=op.f("pk_entitlement_portions")),
        info={"written_by": "consumers"},
    )
    op.create_index("ix_entitlement_portions_collector_id", "entitlement_portions", ["collector_id"], unique=False)
    op.create_index("ix_entitlement_portions_declaration_id", "entitlement_portions", ["declaration_id"], unique=False)
    op.create_index("ix_entitlement_portions_owner_id", "entitlement_portions", ["owner_id"], unique=False)
    op.create_table(
        "entitlements",
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("collectable", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("tolerance", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("held", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("matched", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "matched = round(matched, CASE WHEN currency IN ('JPY','KRW','VND','CLP','ISK','UGX','XAF','XOF') THEN 0 WHEN currency IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3 ELSE 2 END)",
            name=op.f("ck_entitlements_matched_digits"),
        ),
        sa.CheckConstraint("frozen OR held + matched <= collectable + tolerance", name=op.f("ck_entitlements_room")),
        sa.CheckConstraint("matched >= 0 AND held >= 0", name=op.f("ck_entitlements_not_negative")),
        sa.PrimaryKeyConstraint("declaration_id", name=op.f("pk_entitlements")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "grade_copies",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "authority", name=op.f("pk_grade_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("collector_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('held', 'committed', 'void')", name=op.f("ck_holds_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sa.UniqueConstraint("number", name=op.f("uq_holds_number")),
    )
    op.create_index("ix_holds_collector_id", "holds", ["collector_id"], unique=False)
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
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "amount = round(amount, CASE WHEN currency IN ('JPY','KRW','VND','CLP','ISK','UGX','XAF','XOF') THEN 0 WHEN currency IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3 ELSE 2 END)",
            name=op.f("ck_journal_amount_digits"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_account", "journal", ["account", "currency"], unique=False)
    op.create_index("ix_journal_entry_id", "journal", ["entry_id"], unique=False)
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
        "pass_ons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("paid_as", sa.Text(), nullable=False),
        sa.Column("rmb_amount", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=True),
        sa.Column("rate_id", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_ons")),
        sa.UniqueConstraint("bank_id", "bank_reference", name=op.f("uq_pass_ons_bank_id_bank_reference")),
        sa.UniqueConstraint("number", name=op.f("uq_pass_ons_number")),
    )
    op.create_table(
        "payables",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("collected", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("charges", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("passed_on", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("claims", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint("collected >= 0 AND charges >= 0 AND claims >= 0", name=op.f("ck_payables_not_negative")),
        sa.CheckConstraint(
            "passed_on >= 0 AND passed_on + charges <= collected + claims", name=op.f("ck_payables_passed_on")
        ),
        sa.PrimaryKeyConstraint("agent_id", "principal_id", "currency", name=op.f("pk_payables")),
    )
    op.create_table(
        "personal_balances",
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("balance", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_personal_balances_balance")),
        sa.PrimaryKeyConstraint("holder_id", "currency", name=op.f("pk_personal_balances")),
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
        "portion_rooms",
        sa.Column("portion_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("collector_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("collectable", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("tolerance", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("held", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("matched", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("matched_usd", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.CheckConstraint("frozen OR held + matched <= collectable + tolerance", name=op.f("ck_portion_rooms_room")),
        sa.CheckConstraint("matched >= 0 AND held >= 0", name=op.f("ck_portion_rooms_not_negative")),
        sa.PrimaryKeyConstraint("portion_id", name=op.f("pk_portion_rooms")),
    )
    op.create_index(op.f("ix_portion_rooms_declaration_id"), "portion_rooms", ["declaration_id"], unique=False)
    op.create_table(
        "rates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.CheckConstraint("rate > 0", name=op.f("ck_rates_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rates")),
        sa.UniqueConstraint(
            "pilot",
            "source",
            "base",
            "quote",
            "quoted_on",
            "rate",
            name=op.f("uq_rates_pilot_source_base_quote_quoted_on_rate"),
        ),
    )
    op.create_table(
        "room_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("portion_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("collectable", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("held", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("matched", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_moves")),
    )
    op.create_index("ix_room_moves_portion_id", "room_moves", ["portion_id"], unique=False)
    op.create_table(
        "subject_copies",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("natural_person", sa.Boolean(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("qualifications", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subject_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "trade_copies",
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("settlement_method", sa.Text(), nullable=False),
        sa.Column("collector_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("pk_trade_copies")),
        info={"written_by": "consumers"},
    )
    op.create_table(
        "trade_rooms",
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("registered", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("linked", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint("linked >= 0 AND linked <= registered", name=op.f("ck_trade_rooms_linked")),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("pk_trade_rooms")),
    )
    op.create_table(
        "advances",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("trade_currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.Column("rate_id", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0 AND value >= 0", name=op.f("ck_advances_not_negative")),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_advances_collection_id_collections")
        ),
        sa.ForeignKeyConstraint(["trade_id"], ["trade_rooms.trade_id"], name=op.f("fk_advances_trade_id_trade_rooms")),
        sa.PrimaryKeyConstraint("collection_id", "trade_id", name=op.f("pk_advances")),
    )
    op.create_index("ix_advances_trade_id", "advances", ["trade_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("debtor_id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("settled", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0 AND settled >= 0 AND settled <= amount", name=op.f("ck_claims_settled")),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_claims_collection_id_collections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index("ix_claims_debtor_id", "claims", ["debtor_id"], unique=False)
    op.create_table(
        "hold_lines",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("portion_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint("value > 0", name=op.f("ck_hold_lines_positive")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_hold_lines_hold_id_holds")),
        sa.ForeignKeyConstraint(
            ["portion_id"], ["portion_rooms.portion_id"], name=op.f("fk_hold_lines_portion_id_portion_rooms")
        ),
        sa.PrimaryKeyConstraint("hold_id", "portion_id", name=op.f("pk_hold_lines")),
    )
    op.create_index("ix_hold_lines_portion_id", "hold_lines", ["portion_id"], unique=False)
    op.create_table(
        "matches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("portion_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("charges", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("value_usd", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("declared_currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.Column("rate_id", sa.Text(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unmatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0 AND value > 0 AND charges >= 0", name=op.f("ck_matches_positive")),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_matches_collection_id_collections")
        ),
        sa.ForeignKeyConstraint(
            ["portion_id"], ["portion_rooms.portion_id"], name=op.f("fk_matches_portion_id_portion_rooms")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
    )
    op.create_index("ix_matches_collection_id", "matches", ["collection_id"], unique=False)
    op.create_index("ix_matches_portion_id", "matches", ["portion_id"], unique=False)
    op.execute(sa.schema.CreateSequence(sa.Sequence("collection_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("conversion_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("hold_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("pass_on_numbers")))
    for statement in (*_APPEND_ONLY, *_JOURNAL):
        op.execute(statement)
