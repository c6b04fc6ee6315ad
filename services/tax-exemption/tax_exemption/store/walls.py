"""What is decided about each table: which statements the service's processes may send (`shared.walls`)."""

from __future__ import annotations

from dataclasses import replace

from shared.tables import MECHANISM
from shared.walls import ALL, CHANGED, EMPTIED, KEPT, NATIONAL, READ, Walls

WALLS: Walls = {
    **MECHANISM,
    "subject_copies": CHANGED,
    "pilot_copies": CHANGED,
    "delegation_copies": CHANGED,
    "delegated_acts": KEPT,
    "delegation_uses": CHANGED,
    "exemption_items": CHANGED,
    "principal_releases": EMPTIED,
    "middle_rates": replace(CHANGED, rows=NATIONAL),
    "calendar_days": replace(READ, rows=ALL),
    "calendar_entries": replace(CHANGED, rows=NATIONAL),
    "rate_choices": CHANGED,
    "exemption_returns": CHANGED,
    "return_lines": CHANGED,
    "item_decisions": KEPT,
    "certificates": CHANGED,
}
