"""The forms of what fx-settlement keeps as documents, where no event has the same form."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.base import Part
from shared.events.registry import QualificationKind
from shared.wire import MoneyAmount


class HeldQualification(Part):
    """What a subject holds, without its accounts: nothing here needs them."""

    kind: QualificationKind
    value: str
    valid_from: date
    valid_to: date | None = None
    source: str = ""
    bank_id: UUID | None = None


class QuotaStatement(Part):
    """What the bank stated to be left of the yearly quota, in the converted currency (R-FX-5)."""

    reference: str
    remaining: MoneyAmount
