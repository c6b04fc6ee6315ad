"""What is decided about each table: which statements the service's processes may send (`shared.walls`)."""

from __future__ import annotations

from shared.tables import MECHANISM
from shared.walls import CHANGED, EMPTIED, KEPT, READ, Walls

WALLS: Walls = {
    **MECHANISM,
    "subject_copies": CHANGED,
    "pilot_copies": CHANGED,
    "exemption_items": CHANGED,
    "principal_releases": EMPTIED,
    "middle_rates": CHANGED,
    "calendar_days": READ,
    "calendar_entries": CHANGED,
    "rate_choices": CHANGED,
    "exemption_returns": CHANGED,
    "return_lines": CHANGED,
    "item_decisions": KEPT,
    "certificates": CHANGED,
}
