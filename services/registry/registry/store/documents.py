"""The forms of what registry keeps as documents, where no event has the same form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from shared.events.base import Part
from shared.events.registry import (
    BankFiled,
    PilotChanged,
    PortDesignated,
    Qualification,
    QualificationKind,
    Sealed,
    SiteFiled,
    Stall,
)
from shared.sealing import SealedColumn

ACCOUNT = SealedColumn("subjects", "qualifications", "subject.account")
NAME = SealedColumn("subjects", "name", "subject.name")

ListKind = Literal["positive", "negative"]
Verdict = Literal["eligible", "not_eligible"]
DatedPlace = BankFiled | SiteFiled | PortDesignated
PlaceContent = PilotChanged | DatedPlace
"""What a place's last event said; no content fits two of the forms."""


class ListEntry(Part):
    """An entry of a commodity list, by code prefix, keywords, or both (R-GOODS-1)."""

    hs_prefix: str = ""
    keywords: tuple[str, ...] = ()
    verdict: Verdict
    reason: str
    reason_zh: str
    barred_from_simplification: bool = False


@dataclass(frozen=True, slots=True)
class StatedQualification:
    """A qualification as stated, an account number in clear."""

    kind: QualificationKind
    value: str
    valid_from: date
    valid_to: date | None = None
    source: str = ""
    bank_id: UUID | None = None
    account: str | None = None
    confirmed: bool = True


class AmendedParts(Part):
    """What an amendment changes of a subject, sealed as the subject keeps it; None leaves a part as it is."""

    name: Sealed | None = None
    stalls: tuple[Stall, ...] | None = None
    qualification: Qualification | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """The parts that it changes."""
        return tuple(each for each in type(self).model_fields if getattr(self, each) is not None)
