"""Request and response bodies for delegations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.events.registry import DelegatedAct, DelegationStatus
from shared.wire import Chosen, Coded, DateText, DecimalText, Input, MoneyAmount, fields_exclusive, one_of_missing


class DelegationIn(Input):
    """Who may do what for the caller's party, up to which value in all, until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "delegate_id": "019a0000-0000-7000-8000-000000000002",
                    "acts": ["read", "register_trades", "pack"],
                    "limit_usd": "20000.00",
                    "valid_from": "2026-05-01",
                    "valid_to": "2026-12-31",
                },
                {"account": "clerk-7", "acts": ["read"], "valid_from": "2026-05-01", "valid_to": "2026-12-31"},
            ]
        },
    )

    delegate_id: UUID | None = None
    account: Annotated[str, Coded(r"^[!-~]+$")] | None = Field(None, max_length=255)
    acts: list[Annotated[DelegatedAct, Chosen("delegated_act")]] = Field(min_length=1, max_length=7)
    limit_usd: Annotated[Decimal, DecimalText(8, 2, positive=True, shown=2, most=10_000_000)] | None = None
    valid_from: DateText
    valid_to: DateText

    @model_validator(mode="after")
    def _names_one(self) -> DelegationIn:
        if self.delegate_id is None and self.account is None:
            raise one_of_missing("delegate_id, account")
        if self.delegate_id is not None and self.account is not None:
            raise fields_exclusive("delegate_id, account")
        return self


class DelegationOut(BaseModel):
    """A delegation as its two sides see it."""

    id: UUID
    version: int
    role: str
    grantor_id: UUID
    delegate_id: UUID | None
    account: str | None
    acts: list[DelegatedAct]
    limit_usd: MoneyAmount | None
    valid_from: date
    valid_to: date
    status: DelegationStatus
    granted_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    reason: str | None
