"""Request and response bodies for middle rates."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.tax_exemption import ReturnStatus
from shared.wire import CurrencyCode, DateText, Input, MoneyAmount, Name, RateText


class MiddleRateIn(Input):
    """The RMB middle rate of a day as published: CNY per unit."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"day": "2026-05-13", "currency": "USD", "cny_per_unit": "6.98", "source": "sample"}]
        },
    )

    day: DateText
    currency: CurrencyCode
    cny_per_unit: RateText
    source: Name = Field(max_length=200)


class MiddleRateOut(BaseModel):
    """A rate of a pilot (`*`: everybody's); it counts once it is confirmed."""

    id: str
    pilot: str
    version: int
    day: date
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
    """A return that was converted at a rate: what it amounted to then, and would at the rates that count now."""

    return_id: UUID
    number: str
    status: ReturnStatus
    month: str
    value_then_rmb: MoneyAmount
    value_now_rmb: MoneyAmount
