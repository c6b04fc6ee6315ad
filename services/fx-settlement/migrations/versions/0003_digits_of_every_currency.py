"""digits of every currency: eight with no smaller unit were checked as if they had cents

The new CHECKs hold for what is written from now on; the next migration looks at the rows that are there.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DIGITS = (
    "CASE WHEN currency IN ('BIF','CLP','DJF','GNF','ISK','JPY','KMF','KRW','PYG','RWF','UGX','VND','VUV','XAF','XOF','XPF')"
    " THEN 0 WHEN currency IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3 ELSE 2 END"
)
_MONEY = (
    ("advances", _DIGITS.replace("currency", "trade_currency"), ("value",)),
    ("claims", _DIGITS, ("amount", "settled")),
    ("collections", _DIGITS, ("amount", "bank_charges", "linked", "matched", "refunded")),
    ("conversions", _DIGITS, ("amount",)),
    ("conversions", "2", ("rmb_amount",)),
    ("entitlement_portions", _DIGITS, ("collectable", "released")),
    ("entitlement_portions", "2", ("released_fob_usd",)),
    ("entitlements", _DIGITS, ("collectable", "held", "matched", "tolerance")),
    ("journal", _DIGITS, ("amount",)),
    ("matches", _DIGITS.replace("currency", "declared_currency"), ("value",)),
    ("matches", "2", ("value_usd",)),
    ("pass_ons", _DIGITS, ("amount",)),
    ("pass_ons", "2", ("rmb_amount",)),
    ("payables", _DIGITS, ("charges", "claims", "collected", "passed_on")),
    ("personal_balances", _DIGITS, ("balance",)),
    ("portion_rooms", "2", ("matched_usd",)),
    ("refunds", _DIGITS, ("amount",)),
    ("trade_copies", _DIGITS, ("total",)),
    ("trade_rooms", _DIGITS, ("linked", "registered")),
)


def upgrade() -> None:
    for table, digits, amounts in _MONEY:
        for amount in amounts:
            name = f"ck_{table}_{amount}_digits"
            op.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {name},"
                f" ADD CONSTRAINT {name} CHECK ({amount} = round({amount}, {digits})) NOT VALID"
            )
