"""What is decided about each table: which statements the service's processes may send (`shared.walls`)."""

from __future__ import annotations

from shared.tables import MECHANISM
from shared.walls import CHANGED, KEPT, Walls, through

WALLS: Walls = {
    **MECHANISM,
    "subject_copies": CHANGED,
    "pilot_copies": CHANGED,
    "bank_copies": CHANGED,
    "delegation_copies": CHANGED,
    "grade_copies": through(CHANGED, "subject_copies", "subject_copies.subject_id = grade_copies.subject_id"),
    "trade_copies": CHANGED,
    "entitlement_portions": CHANGED,
    "entitlements": CHANGED,
    "portion_rooms": CHANGED,
    "room_moves": KEPT,
    "holds": CHANGED,
    "hold_lines": CHANGED,
    "trade_rooms": CHANGED,
    "conflicts": CHANGED,
    "collections": CHANGED,
    "matches": CHANGED,
    "advances": CHANGED,
    "payables": CHANGED,
    "claims": CHANGED,
    "refunds": KEPT,
    "pass_ons": KEPT,
    "conversions": KEPT,
    "personal_balances": CHANGED,
    "rates": KEPT,
    "journal": KEPT,
}
