"""digits of every currency, of the rows that were there: read under a lock that lets others write"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MONEY = {
    "advances": ("value",),
    "claims": ("amount", "settled"),
    "collections": ("amount", "bank_charges", "linked", "matched", "refunded"),
    "conversions": ("amount", "rmb_amount"),
    "entitlement_portions": ("collectable", "released", "released_fob_usd"),
    "entitlements": ("collectable", "held", "matched", "tolerance"),
    "journal": ("amount",),
    "matches": ("value", "value_usd"),
    "pass_ons": ("amount", "rmb_amount"),
    "payables": ("charges", "claims", "collected", "passed_on"),
    "personal_balances": ("balance",),
    "portion_rooms": ("matched_usd",),
    "refunds": ("amount",),
    "trade_copies": ("total",),
    "trade_rooms": ("linked", "registered"),
}


def upgrade() -> None:
    for table, amounts in _MONEY.items():
        for amount in amounts:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{amount}_digits")
