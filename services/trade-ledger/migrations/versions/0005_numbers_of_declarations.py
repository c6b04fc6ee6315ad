"""numbers of declarations and portions are columns: the columns and their CHECKs, which hold for what is written now"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_DIGITS = (
    "CASE WHEN currency IN ('BIF','CLP','DJF','GNF','ISK','JPY','KMF','KRW','PYG','RWF','UGX','VND','VUV','XAF','XOF','XPF')"
    " THEN 0 WHEN currency IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3 ELSE 2 END"
)
_STAGES = ("released", "departed", "shut_out", "returned")
_DECLARED = tuple(f"{stage}_{what}" for stage in _STAGES for what in ("value", "fob"))


def upgrade() -> None:
    op.execute(
        "ALTER TABLE declarations ADD COLUMN currency text, ADD COLUMN total_value numeric(20, 4),"
        " ADD COLUMN total_fob numeric(20, 4), ADD COLUMN total_fob_usd numeric(20, 4)"
    )
    columns = ["slip_currency text", "slip_value numeric(20, 4)", "declared_currency text"]
    columns += ["shut_out_quantity numeric(20, 6)", *(f"{name} numeric(20, 4)" for name in _DECLARED)]
    op.execute("ALTER TABLE portions " + ", ".join(f"ADD COLUMN {each}" for each in columns))
    for name in ("total_value", "total_fob"):
        _check("declarations", name, _DIGITS)
    _check("declarations", "total_fob_usd", "2")
    for name in ("declared_value", "fob_value"):
        op.execute(f"ALTER TABLE portions DROP CONSTRAINT ck_portions_{name}_digits")
    for name in ("declared_value", "fob_value", *_DECLARED):
        _check("portions", name, _DIGITS.replace("currency", "declared_currency"))
    _check("portions", "slip_value", _DIGITS.replace("currency", "slip_currency"))


def _check(table: str, name: str, digits: str) -> None:
    condition = f"{name} = round({name}, {digits})"
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name}_digits CHECK ({condition}) NOT VALID")
