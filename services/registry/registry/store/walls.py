"""What is decided about each table: which statements the service's processes may send (`shared.walls`)."""

from __future__ import annotations

from shared.tables import MECHANISM
from shared.walls import CHANGED, EMPTIED, KEPT, Walls

WALLS: Walls = {
    **MECHANISM,
    "subjects": CHANGED,
    "role_filings": CHANGED,
    "stall_terms": EMPTIED,
    "subject_claims": CHANGED,
    "subject_versions": KEPT,
    "agreements": CHANGED,
    "delegations": CHANGED,
    "entrusted_goods": CHANGED,
    "places": CHANGED,
    "commodity_lists": KEPT,
    "commodity_decisions": KEPT,
    "recognition_tasks": CHANGED,
    "credit_grades": KEPT,
}
