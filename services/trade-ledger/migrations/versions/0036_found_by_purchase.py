"""trades whose buyer is unnamed are found by the agreement under which they are bought"""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_PILOTS = "pilot = ANY ((SELECT string_to_array(current_setting('market.pilot', true), ','))::text[])"
_QUESTION = "SELECT id FROM trades WHERE buyer_id IS NULL AND state ->> 'procurement_agency_id' = ANY(agencies)"


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION trades_without_buyer_under(agencies text[]) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 20"
        f" SET search_path = public AS $$ {_QUESTION} AND {_PILOTS} $$"
    )
