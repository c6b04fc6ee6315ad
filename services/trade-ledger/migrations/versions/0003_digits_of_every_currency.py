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
    ("portions", _DIGITS.replace("currency", "(content->>'declared_currency')"), ("declared_value", "fob_value")),
    ("portions", "2", ("fob_usd", "released_fob_usd")),
    ("trades", _DIGITS, ("total",)),
)


def upgrade() -> None:
    for table, digits, amounts in _MONEY:
        for amount in amounts:
            name = f"ck_{table}_{amount}_digits"
            op.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {name},"
                f" ADD CONSTRAINT {name} CHECK ({amount} = round({amount}, {digits})) NOT VALID"
            )
