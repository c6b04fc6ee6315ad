"""digits of money, the pilot of a parked event"""

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
    ("certificates", "currency", ("value",)),
    ("exemption_items", "currency", ("departed_fob", "returned_fob")),
    ("exemption_returns", "'CNY'", ("total_rmb",)),
    ("principal_releases", "currency", ("value",)),
    ("return_lines", "currency", ("fob_value",)),
    ("return_lines", "'CNY'", ("exempt_rmb",)),
)


def upgrade() -> None:
    for table, currency, amounts in _MONEY:
        for amount in amounts:
            condition = f"{amount} = round({amount}, {_DIGITS.format(currency)})"
            op.create_check_constraint(op.f(f"ck_{table}_{amount}_digits"), table, condition)
    op.add_column("parked_events", sa.Column("pilot", sa.Text(), nullable=True))
    op.execute(
        "UPDATE parked_events SET pilot = (SELECT header->>1"
        " FROM jsonb_array_elements(convert_from(headers, 'UTF8')::jsonb) header WHERE header->>0 = 'ce_pilot' LIMIT 1)"
    )
