"""digits of money, grades by date, the pilot of a parked event"""

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
    ("portions", "(content->>'declared_currency')", ("declared_value", "fob_value")),
    ("portions", "'USD'", ("fob_usd", "released_fob_usd")),
)


def upgrade() -> None:
    for table, currency, amounts in _MONEY:
        for amount in amounts:
            condition = f"{amount} = round({amount}, {_DIGITS.format(currency)})"
            op.create_check_constraint(op.f(f"ck_{table}_{amount}_digits"), table, condition)
    op.create_index("ix_receipts_receipt_id", "receipts", ["receipt_id"])
    op.add_column("parked_events", sa.Column("pilot", sa.Text(), nullable=True))
    op.execute(
        "UPDATE parked_events SET pilot = (SELECT header->>1"
        " FROM jsonb_array_elements(convert_from(headers, 'UTF8')::jsonb) header WHERE header->>0 = 'ce_pilot' LIMIT 1)"
    )
    op.drop_constraint(op.f("pk_grade_copies"), "grade_copies")
    op.create_primary_key(op.f("pk_grade_copies"), "grade_copies", ["subject_id", "authority", "effective_from"])
