"""subjects are found by the bank that their accounts are at"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_PILOTS = "pilot = ANY ((SELECT string_to_array(current_setting('market.pilot', true), ','))::text[])"
_QUESTION = "SELECT id FROM subjects WHERE qualifications @> jsonb_build_array(jsonb_build_object('bank_id', bank))"


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION subjects_naming_bank(bank text) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 20"
        f" SET search_path = public AS $$ {_QUESTION} AND {_PILOTS} $$"
    )
