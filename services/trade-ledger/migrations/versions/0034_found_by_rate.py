"""declarations and portions are found by the rate that they were valued at: the functions"""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_PILOTS = "pilot = ANY ((SELECT string_to_array(current_setting('market.pilot', true), ','))::text[])"
_QUESTIONS = {
    "declarations_valued_at(rate text)": "SELECT id FROM declarations"
    " WHERE (content -> 'assessed' ->> 'rate_id' = rate OR content -> 'assessed' ->> 'usd_rate_id' = rate)",
    "declarations_of_slips_at(rate text)": "SELECT declaration_id FROM portions WHERE content ->> 'slip_rate_id' = rate",
}


def upgrade() -> None:
    for head, question in _QUESTIONS.items():
        op.execute(
            f"CREATE OR REPLACE FUNCTION {head} RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 20"
            f" SET search_path = public AS $$ {question} AND {_PILOTS} $$"
        )
