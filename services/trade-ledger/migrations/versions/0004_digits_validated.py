"""digits of every currency, of the rows that were there: read under a lock that lets others write"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MONEY = {
    "portions": ("declared_value", "fob_usd", "fob_value", "released_fob_usd"),
    "trades": ("total",),
}


def upgrade() -> None:
    for table, amounts in _MONEY.items():
        for amount in amounts:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{amount}_digits")
