"""Request and response bodies for agency agreements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.wire import Chosen, DateText, Input, Lettered

_Side = Annotated[Literal["agent", "principal"], Chosen("agency_side")]


class ProcurementAgencyIn(Input):
    """A procurement agency (委托采购): who buys for whom."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "principal_id": "019a0000-0000-7000-8000-000000000003",
                    "agent_id": "019a0000-0000-7000-8000-000000000002",
                    "valid_from": "2026-01-01",
                    "valid_to": "2026-12-31",
                    "entrusted_goods": "hand tools",
                }
            ]
        },
    )

    principal_id: UUID
    agent_id: UUID
    valid_from: DateText
    valid_to: DateText
    entrusted_goods: Lettered = Field(max_length=500)


class ExportAgencyIn(Input):
    """An export agency (委托代理出口): who exports, who collects, who files the exemption (R-FILE-6)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "principal_id": "019a0000-0000-7000-8000-000000000001",
                    "agent_id": "019a0000-0000-7000-8000-000000000002",
                    "valid_from": "2026-01-01",
                    "valid_to": "2026-12-31",
                    "collector": "agent",
                    "exemption_filer": "agent",
                }
            ]
        },
    )

    principal_id: UUID
    agent_id: UUID
    valid_from: DateText
    valid_to: DateText
    collector: _Side
    exemption_filer: _Side


class AgreementOut(BaseModel):
    """An agreement as its parties see it."""

    id: UUID
    number: str
    kind: str
    principal_id: UUID
    agent_id: UUID
    status: str
    valid_from: date
    valid_to: date
    entrusted_goods: str
    collector: str | None
    exemption_filer: str | None
    principal_confirmed_at: datetime | None
    agent_confirmed_at: datetime | None
    terminated_at: datetime | None
    version: int
