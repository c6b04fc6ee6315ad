"""numbers of declarations and portions: what was moved is looked at, and asked of new rows"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STAGES = tuple(
    f"{stage}_{what}" for stage in ("released", "departed", "shut_out", "returned") for what in ("value", "fob")
)
_CHECKED = {
    "declarations": ("total_value", "total_fob", "total_fob_usd"),
    "portions": ("slip_value", "declared_value", "fob_value", *_STAGES),
}
_REQUIRED = {
    "declarations": ("currency",),
    "portions": ("slip_currency", "slip_value", "declared_currency", "shut_out_quantity", *_STAGES),
}


def upgrade() -> None:
    for table, names in _CHECKED.items():
        for name in names:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}_digits")
    for table, names in _REQUIRED.items():
        filled = " AND ".join(f"{name} IS NOT NULL" for name in names)
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT filled CHECK ({filled}) NOT VALID")
