"""Functions that find rows by what a list or a document holds (`shared.walls.finding`)."""

from __future__ import annotations

from shared.database import made_with
from shared.walls import finding
from trade_ledger.store.tables.row import metadata

FINDING = (
    finding("events_naming(named text[])", "SELECT event_id FROM trace_links WHERE refs && named"),
    finding("events_naming_all(named text[])", "SELECT event_id FROM trace_links WHERE refs @> named"),
    finding(
        "events_numbered(said text)",
        "SELECT event_id FROM trace_links WHERE (shown ->> 'number' = said OR shown ->> 'issued_number' = said)",
    ),
    finding("holders_of_stall(said text)", "SELECT subject_id FROM subject_copies WHERE stall_numbers @> ARRAY[said]"),
    finding(
        "subjects_filed_under(said text)",
        "SELECT subject_id FROM subject_copies"
        " WHERE roles @> jsonb_build_array(jsonb_build_object('filing_number', said))",
    ),
    finding(
        "loads_once_sealed(said text)",
        "SELECT id FROM loads WHERE earlier_seals @> jsonb_build_array(jsonb_build_object('seal_number', said))",
    ),
    finding(
        "declarations_valued_at(rate text)",
        "SELECT id FROM declarations"
        " WHERE (content -> 'assessed' ->> 'rate_id' = rate OR content -> 'assessed' ->> 'usd_rate_id' = rate)",
    ),
    finding(
        "declarations_of_slips_at(rate text)",
        "SELECT declaration_id FROM portions WHERE content ->> 'slip_rate_id' = rate",
    ),
    # An agent's purchases whose buyer isn't named yet, by the agreements under which it buys.
    finding(
        "trades_without_buyer_under(agencies text[])",
        "SELECT id FROM trades WHERE buyer_id IS NULL AND state ->> 'procurement_agency_id' = ANY(agencies)",
    ),
    finding("handovers_of(trades text[])", "SELECT id FROM handovers WHERE trade_ids ?| trades"),
)
made_with(metadata, *FINDING)
