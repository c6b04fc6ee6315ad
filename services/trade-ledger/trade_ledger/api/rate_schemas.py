"""Request and response bodies for customs' monthly rates."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.wire import CurrencyCode, DateText, Input, MoneyAmount, Name, RateText


class CustomsRateIn(Input):
    """A customs monthly rate as published: CNY per unit."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"month": "2026-05-01", "currency": "USD", "cny_per_unit": "6.98", "source": "sample"}]
        },
    )

    month: DateText
    currency: CurrencyCode
    cny_per_unit: RateText
    source: Name = Field(max_length=200)


class CustomsRateOut(BaseModel):
    """A rate of a pilot (`*`: everybody's); it counts once it is confirmed."""

    id: str
    pilot: str
    version: int
    month: date
    currency: str
    cny_per_unit: RateText
    source: str
    imported_by: str
    imported_at: datetime
    corrects: str | None
    reason: str | None
    confirmed_by: str | None
    confirmed_at: datetime | None


class RateDecision(BaseModel):
    """A declaration that was valued at a rate: what it was worth then, and is at the rates that count now."""

    declaration_id: UUID
    number: str
    status: str
    value_then_usd: MoneyAmount | None
    value_now_usd: MoneyAmount | None
    over_limit_now: bool | None
