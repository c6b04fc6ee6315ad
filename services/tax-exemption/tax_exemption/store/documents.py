"""The forms of what tax-exemption keeps as documents, where no event has the same form."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.base import Part
from shared.events.registry import QualificationKind


class HeldQualification(Part):
    """What a subject holds, without its accounts: nothing here needs them."""

    kind: QualificationKind
    value: str
    valid_from: date
    valid_to: date | None = None
    source: str = ""
    bank_id: UUID | None = None
