"""Whether a delegation lets somebody do an act on a day, and what of its value is left (V65)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from shared.vocabulary.legal_time import in_force
from shared.vocabulary.rules import Breach


def lets(status: str, acts: Collection[str], valid_from: date, valid_to: date, *, act: str, today: date) -> bool:
    """Whether a delegation is in force for an act; both its days are included."""
    return status == "in_force" and act in acts and in_force(valid_from, valid_to, today)


def breaches_of_value(value: Decimal | None, used: Decimal, limit: Decimal) -> tuple[Breach, ...]:
    """Breach where a trade is worth more than is left, or where its value isn't known."""
    if value is None:
        return (Breach("delegation_value_unknown", "V65", "/currency"),)
    if used + value > limit:
        params = {"value": f"{value:.2f}", "left": f"{limit - used:.2f}", "limit": f"{limit:.2f}"}
        return (Breach("delegation_value_used_up", "V65", "/total", params),)
    return ()
