"""numbers of declarations and portions are never NULL

A CHECK that was added without looking is looked at now, under a lock that lets others write; after it SET NOT NULL needs
no look of its own, under a lock that doesn't.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STAGES = tuple(
    f"{stage}_{what}" for stage in ("released", "departed", "shut_out", "returned") for what in ("value", "fob")
)
_REQUIRED = {
    "declarations": ("currency",),
    "portions": ("slip_currency", "slip_value", "declared_currency", "shut_out_quantity", *_STAGES),
}


def upgrade() -> None:
    for table in _REQUIRED:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT filled")
    for table, names in _REQUIRED.items():
        required = ", ".join(f"ALTER COLUMN {name} SET NOT NULL" for name in names)
        op.execute(f"ALTER TABLE {table} {required}, DROP CONSTRAINT filled")
