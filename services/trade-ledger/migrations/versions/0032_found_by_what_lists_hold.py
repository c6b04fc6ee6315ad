"""rows are found by what their lists and documents hold"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_PILOTS = "pilot = ANY ((SELECT string_to_array(current_setting('market.pilot', true), ','))::text[])"
_QUESTIONS = {
    "events_naming(named text[])": "SELECT event_id FROM trace_links WHERE refs && named",
    "events_naming_all(named text[])": "SELECT event_id FROM trace_links WHERE refs @> named",
    "events_numbered(said text)": "SELECT event_id FROM trace_links"
    " WHERE (shown ->> 'number' = said OR shown ->> 'issued_number' = said)",
    "holders_of_stall(said text)": "SELECT subject_id FROM subject_copies WHERE stall_numbers @> ARRAY[said]",
    "subjects_filed_under(said text)": "SELECT subject_id FROM subject_copies"
    " WHERE roles @> jsonb_build_array(jsonb_build_object('filing_number', said))",
    "loads_once_sealed(said text)": "SELECT id FROM loads"
    " WHERE earlier_seals @> jsonb_build_array(jsonb_build_object('seal_number', said))",
    "handovers_of(trades text[])": "SELECT id FROM handovers WHERE trade_ids ?| trades",
}


def upgrade() -> None:
    for head, question in _QUESTIONS.items():
        op.execute(
            f"CREATE OR REPLACE FUNCTION {head} RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 20"
            f" SET search_path = public AS $$ {question} AND {_PILOTS} $$"
        )
