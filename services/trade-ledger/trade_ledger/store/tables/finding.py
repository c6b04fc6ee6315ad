"""Functions that find rows by what a list or a document holds.

The planner compares so only after the row policies, and reads the whole table: nothing in PostgreSQL says that such an
operator tells nobody anything. So the owner asks, for the pilots of the transaction, and answers ids alone.
"""

from __future__ import annotations

from shared.database import made_with
from shared.walls import OF_PILOT
from trade_ledger.store.tables.row import metadata


def _finding(head: str, question: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {head} RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 20"
        f" SET search_path = public AS $$ {question} AND {OF_PILOT} $$"
    )


FINDING = (
    _finding("events_naming(named text[])", "SELECT event_id FROM trace_links WHERE refs && named"),
    _finding("events_naming_all(named text[])", "SELECT event_id FROM trace_links WHERE refs @> named"),
    _finding(
        "events_numbered(said text)",
        "SELECT event_id FROM trace_links WHERE (shown ->> 'number' = said OR shown ->> 'issued_number' = said)",
    ),
    _finding("holders_of_stall(said text)", "SELECT subject_id FROM subject_copies WHERE stall_numbers @> ARRAY[said]"),
    _finding(
        "subjects_filed_under(said text)",
        "SELECT subject_id FROM subject_copies"
        " WHERE roles @> jsonb_build_array(jsonb_build_object('filing_number', said))",
    ),
    _finding(
        "loads_once_sealed(said text)",
        "SELECT id FROM loads WHERE earlier_seals @> jsonb_build_array(jsonb_build_object('seal_number', said))",
    ),
    _finding(
        "declarations_valued_at(rate text)",
        "SELECT id FROM declarations"
        " WHERE (content -> 'assessed' ->> 'rate_id' = rate OR content -> 'assessed' ->> 'usd_rate_id' = rate)",
    ),
    _finding(
        "declarations_of_slips_at(rate text)",
        "SELECT declaration_id FROM portions WHERE content ->> 'slip_rate_id' = rate",
    ),
    _finding("handovers_of(trades text[])", "SELECT id FROM handovers WHERE trade_ids ?| trades"),
)
made_with(metadata, *FINDING)
