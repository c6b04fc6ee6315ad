"""Response bodies of the file of a subject (管理档案, R-FILE-5)."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from registry.api.schemas import SubjectVersion


class TradedGoods(BaseModel):
    """Goods that were traded under an agreement, with the day of the first trade."""

    goods_name: str
    hs_code: str
    first_traded_on: date


class ArchivedAgreement(BaseModel):
    """An agreement as it stood at the end of the day, with its other party and the entrusted goods (R-FILE-5).

    `entrusted_goods` is what the agreement itself names, `traded_goods` what was traded under it up to that day.
    """

    id: UUID
    number: str
    kind: str
    as_party: Literal["agent", "principal"]
    counterparty_id: UUID
    counterparty_name: str
    counterparty_identity_mask: str
    status: str
    in_force: bool
    valid_from: date
    valid_to: date
    entrusted_goods: str
    traded_goods: list[TradedGoods]
    collector: str | None
    exemption_filer: str | None


class Archive(BaseModel):
    """The file (管理档案) of a subject as it stood at the end of a legal day."""

    on: date
    subject: SubjectVersion
    agreements: list[ArchivedAgreement]
