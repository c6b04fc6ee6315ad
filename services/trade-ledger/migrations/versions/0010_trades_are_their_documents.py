"""a trade's columns say what its document says, from now on; the next migration looks at the rows that are there"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_CHECKS = {
    ("trades", "state"): (
        "state @> jsonb_build_object('version', version, 'status', status, 'eligible', eligible, 'currency', currency,"
        " 'external_ref', external_ref, 'trade_date', trade_date, 'seller_id', seller_id, 'owner_id', owner_id,"
        " 'consignor_id', consignor_id, 'buyer_id', buyer_id) AND (state->>'total')::numeric = total"
    ),
    ("trade_versions", "state"): "(state->>'version')::integer = version",
    ("trade_lines", "content"): "(content->>'line_no')::integer = line_no",
}


def upgrade() -> None:
    for (table, document), check in _CHECKS.items():
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{document} CHECK (({check}) IS TRUE) NOT VALID")
