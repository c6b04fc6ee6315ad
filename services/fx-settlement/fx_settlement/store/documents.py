"""The forms of what fx-settlement keeps as documents, where no event has the same form."""

from __future__ import annotations

from shared.events.base import Part
from shared.wire import MoneyAmount


class QuotaStatement(Part):
    """What the bank stated to be left of the yearly quota, in the converted currency (R-FX-5)."""

    reference: str
    remaining: MoneyAmount
