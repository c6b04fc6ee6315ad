"""Request and response bodies of trade-ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.events.trade_ledger import LoadState, PackingListState
from shared.wire import (
    CountryCode,
    FilledText,
    Input,
    Instant,
    PositiveQuantity,
    PositiveWeight,
    QuantityText,
    Reference,
    WholeNumber,
    fields_exclusive,
    one_of_missing,
)


class ReasonIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "entered twice"}]})

    reason: FilledText = Field(max_length=500)


class HandoverIn(Input):
    """Trades of one stall holder handed over to the operator, by their ids or numbers."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"trade_numbers": ["LS-TR-0000001-92"]}]},
    )

    trade_ids: list[UUID] = Field(default_factory=list, max_length=200)
    trade_numbers: list[Annotated[Reference, Field(max_length=80)]] = Field(default_factory=list, max_length=200)

    @model_validator(mode="after")
    def _names_some(self) -> HandoverIn:
        if not self.trade_ids and not self.trade_numbers:
            raise one_of_missing("trade_ids, trade_numbers")
        if self.trade_ids and self.trade_numbers:
            raise fields_exclusive("trade_ids, trade_numbers")
        return self


class HandoverOut(BaseModel):
    id: UUID
    number: str
    from_subject_id: UUID
    to_subject_id: UUID
    handed_over_at: datetime
    trade_ids: list[UUID]


class LoadIn(Input):
    """A load: one container or one vehicle."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"container_number": "CSQU3054383"}]})

    container_number: Reference | None = Field(None, max_length=20)
    vehicle: Reference | None = Field(None, max_length=20)


class AdmissionsIn(Input):
    """Who may open packing lists in the load beside its consolidator; none: nobody."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"admitted_ids": ["019a0000-0000-7000-8000-000000000012"]}]}
    )

    admitted_ids: list[UUID] = Field(max_length=50)


class LoadSealIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"seal_number": "SL0000123"}]})

    seal_number: Reference = Field(max_length=40)


class ArrivalIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"arrived_at": "2026-05-13T15:00:00+08:00"}]})

    arrived_at: Instant


class LoadOut(BaseModel):
    id: UUID
    version: int
    load: LoadState


class PackingListIn(Input):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"load_id": "019a0000-0000-7000-8000-000000000031", "destination": "RU"}]},
    )

    load_id: UUID
    destination: CountryCode


class PackLineIn(Input):
    """A trade's line, by its id or by the trade's number and the line's."""

    trade_line_id: UUID | None = None
    trade_number: Reference | None = Field(None, max_length=80)
    line_no: WholeNumber | None = Field(None, ge=1, le=1_000_000)
    quantity: PositiveQuantity
    packages: WholeNumber = Field(ge=0, le=1_000_000)
    gross_weight_kg: PositiveWeight
    net_weight_kg: PositiveWeight
    volume_m3: QuantityText

    @model_validator(mode="after")
    def _names_one(self) -> PackLineIn:
        by_number = self.trade_number is not None and self.line_no is not None
        if self.trade_line_id is None and not by_number:
            raise one_of_missing("trade_line_id, trade_number + line_no")
        if self.trade_line_id is not None and (self.trade_number is not None or self.line_no is not None):
            raise fields_exclusive("trade_line_id, trade_number + line_no")
        return self


class PackIn(Input):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [
                        {
                            "trade_line_id": "019a0000-0000-7000-8000-000000000041",
                            "quantity": "120",
                            "packages": 6,
                            "gross_weight_kg": "55",
                            "net_weight_kg": "50.4",
                            "volume_m3": "0.6",
                        }
                    ]
                }
            ]
        },
    )

    lines: list[PackLineIn] = Field(min_length=1, max_length=1000)


class UnpackIn(Input):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"packed_line_ids": ["019a0000-0000-7000-8000-000000000051"]}]},
    )

    packed_line_ids: list[UUID] = Field(min_length=1, max_length=1000)


class PackingListOut(BaseModel):
    id: UUID
    version: int
    packing_list: PackingListState


class PackingListSummary(BaseModel):
    """A packing list in short; what it holds is read by its id."""

    id: UUID
    number: str
    version: int
    status: str
    load_id: UUID
    consignor_id: UUID
    destination: str
    declaration_id: UUID | None
    opened_at: datetime
