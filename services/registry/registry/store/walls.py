"""What is decided about each table: which statements the service's processes may send (`shared.walls`)."""

from __future__ import annotations

from dataclasses import replace

from shared.tables import MECHANISM
from shared.walls import CHANGED, EMPTIED, KEPT, OF_PILOT, Walls, through

WALLS: Walls = {
    **MECHANISM,
    "subjects": CHANGED,
    "role_filings": CHANGED,
    "stall_terms": EMPTIED,
    "subject_claims": CHANGED,
    "subject_amendments": CHANGED,
    "subject_versions": through(KEPT, "subjects", "subjects.id = subject_id"),
    "agreements": CHANGED,
    "delegations": CHANGED,
    "entrusted_goods": CHANGED,
    # Every pilot is known to all: no two have the same prefix of their numbers.
    "places": replace(CHANGED, rows=f"kind = 'pilot' OR {OF_PILOT}", written=OF_PILOT),
    "commodity_lists": KEPT,
    "commodity_decisions": KEPT,
    "recognition_tasks": CHANGED,
    "credit_grades": KEPT,
}
