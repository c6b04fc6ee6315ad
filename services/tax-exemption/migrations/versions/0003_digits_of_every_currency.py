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
    ("certificates", _DIGITS, ("value",)),
    ("exemption_items", _DIGITS, ("departed_fob", "returned_fob")),
    ("exemption_returns", "2", ("total_rmb",)),
    ("principal_releases", _DIGITS, ("value",)),
    ("return_lines", "2", ("exempt_rmb",)),
    ("return_lines", _DIGITS, ("fob_value",)),
)


def upgrade() -> None:
    for table, digits, amounts in _MONEY:
        for amount in amounts:
            name = f"ck_{table}_{amount}_digits"
            op.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {name},"
                f" ADD CONSTRAINT {name} CHECK ({amount} = round({amount}, {digits})) NOT VALID"
            )
