"""What is decided about each table: which statements the service's processes may send (`shared.walls`)."""

from __future__ import annotations

from dataclasses import replace

from shared.tables import MECHANISM
from shared.walls import CHANGED, EMPTIED, KEPT, NATIONAL, OF_PILOT, PILOTS, Wall, Walls, through

WALLS: Walls = {
    **MECHANISM,
    "subject_copies": CHANGED,
    "agreement_copies": CHANGED,
    "delegation_copies": CHANGED,
    "delegated_acts": KEPT,
    "delegation_uses": CHANGED,
    "commodity_list_copies": CHANGED,
    "commodity_entry_copies": through(
        CHANGED, "commodity_list_copies", "commodity_list_copies.list_id = commodity_entry_copies.list_id"
    ),
    "commodity_decision_copies": CHANGED,
    "grade_copies": through(CHANGED, "subject_copies", "subject_copies.subject_id = grade_copies.subject_id"),
    "copy_versions": CHANGED,
    "place_copies": CHANGED,
    "trace_links": CHANGED,
    "trades": CHANGED,
    "trade_versions": through(KEPT, "trades", "trades.id = trade_id"),
    "trade_documents": KEPT,
    "trade_lines": CHANGED,
    "trade_line_counters": CHANGED,
    "movements": KEPT,
    "loads": CHANGED,
    "packing_lists": CHANGED,
    "packed_lines": EMPTIED,
    "handovers": KEPT,
    "customs_rates": replace(CHANGED, rows=NATIONAL),
    "declarations": CHANGED,
    "portions": EMPTIED,
    "receipts": KEPT,
    "conflicts": CHANGED,
    # Whoever has time looks for jobs of every pilot, and goes on with one as its pilot.
    "trade_jobs": Wall(
        "SELECT, INSERT, UPDATE", "SELECT (id, ended_at), DELETE", f"{OF_PILOT} OR '*' = ANY ({PILOTS})", OF_PILOT
    ),
    "trade_job_results": Wall("SELECT, INSERT", ""),
}
