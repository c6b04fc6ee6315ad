"""The forms of what registry keeps as documents, where no event has the same form."""

from __future__ import annotations

from typing import Literal

from shared.events.base import Part
from shared.events.registry import BankFiled, PilotChanged, PortDesignated, SiteFiled

ListKind = Literal["positive", "negative"]
Verdict = Literal["eligible", "not_eligible"]
PlaceContent = PilotChanged | BankFiled | SiteFiled | PortDesignated
"""What a place's last event said; no content fits two of the forms."""


class ListEntry(Part):
    """An entry of a commodity list, by code prefix, keywords, or both (R-GOODS-1)."""

    hs_prefix: str = ""
    keywords: tuple[str, ...] = ()
    verdict: Verdict
    reason: str
    reason_zh: str
    barred_from_simplification: bool = False
