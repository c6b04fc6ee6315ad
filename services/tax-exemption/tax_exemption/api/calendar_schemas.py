"""Request and response bodies for published days."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.tax_exemption import FilingKind, ReturnStatus
from shared.wire import DateText, FilledText, Input, Name, YesNo


class CalendarDayIn(Input):
    """A working or free day as published; `reason` where it corrects what is published already."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"day": "2027-01-01", "working": False, "source": "sample"}]}
    )

    day: DateText
    working: YesNo
    source: Name = Field(max_length=200)
    reason: FilledText | None = Field(None, max_length=500)


class CalendarDayOut(BaseModel):
    """A published day of a pilot (`*`: everybody's); it counts once it is confirmed."""

    id: UUID
    pilot: str
    day: date
    version: int
    working: bool
    source: str
    reason: str | None
    imported_by: str
    imported_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None


class CalendarDecision(BaseModel):
    """A return whose window the day may move: its end and the return's kind as filed, and at what counts now."""

    return_id: UUID
    number: str
    status: ReturnStatus
    month: str
    window_to_then: date
    window_to_now: date
    filing_kind_then: FilingKind
    filing_kind_now: FilingKind
