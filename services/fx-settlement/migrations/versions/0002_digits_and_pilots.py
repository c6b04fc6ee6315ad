"""digits of money, refunds, grades by date, the pilot of a parked event"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_DIGITS = (
    "CASE WHEN {0} IN ('JPY','KRW','VND','CLP','ISK','UGX','XAF','XOF') THEN 0"
    " WHEN {0} IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3 ELSE 2 END"
)
_MONEY = (
    ("advances", "trade_currency", ("value",)),
    ("claims", "currency", ("amount", "settled")),
    ("collections", "currency", ("bank_charges", "refunded", "linked")),
    ("conversions", "currency", ("amount",)),
    ("conversions", "'CNY'", ("rmb_amount",)),
    ("entitlement_portions", "currency", ("released", "collectable")),
    ("entitlement_portions", "'USD'", ("released_fob_usd",)),
    ("entitlements", "currency", ("collectable", "tolerance", "held")),
    ("matches", "declared_currency", ("value",)),
    ("matches", "'USD'", ("value_usd",)),
    ("pass_ons", "currency", ("amount",)),
    ("pass_ons", "'CNY'", ("rmb_amount",)),
    ("payables", "currency", ("collected", "charges", "passed_on", "claims")),
    ("personal_balances", "currency", ("balance",)),
    ("portion_rooms", "'USD'", ("matched_usd",)),
    ("trade_copies", "currency", ("total",)),
    ("trade_rooms", "currency", ("registered", "linked")),
)


def upgrade() -> None:
    for table, currency, amounts in _MONEY:
        for amount in amounts:
            condition = f"{amount} = round({amount}, {_DIGITS.format(currency)})"
            op.create_check_constraint(op.f(f"ck_{table}_{amount}_digits"), table, condition)
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=False),
        sa.Column("to_payer", sa.Boolean(), nullable=False),
        sa.Column("evidence_hash", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_positive")),
        sa.CheckConstraint(
            f"amount = round(amount, {_DIGITS.format('currency')})", name=op.f("ck_refunds_amount_digits")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_refunds_collection_id_collections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index("ix_refunds_collection_id", "refunds", ["collection_id"], unique=False)
    op.add_column("parked_events", sa.Column("pilot", sa.Text(), nullable=True))
    op.execute(
        "UPDATE parked_events SET pilot = (SELECT header->>1"
        " FROM jsonb_array_elements(convert_from(headers, 'UTF8')::jsonb) header WHERE header->>0 = 'ce_pilot' LIMIT 1)"
    )
    # When a grade that was kept without its date began is not known here: it is in force, and a rebuild tells.
    op.add_column("grade_copies", sa.Column("effective_from", sa.Date(), nullable=False, server_default="0001-01-01"))
    op.alter_column("grade_copies", "effective_from", server_default=None)
    op.drop_constraint(op.f("pk_grade_copies"), "grade_copies")
    op.create_primary_key(op.f("pk_grade_copies"), "grade_copies", ["subject_id", "authority", "effective_from"])
