"""Request and response bodies of trade-ledger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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
)


class ReasonIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "entered twice"}]})

    reason: FilledText = Field(max_length=500)


class HandoverIn(Input):
    """Trades of one stall holder handed over to the operator."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"trade_ids": ["019a0000-0000-7000-8000-000000000021"]}]},
    )

    trade_ids: list[UUID] = Field(min_length=1, max_length=200)


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
    trade_line_id: UUID
    quantity: PositiveQuantity
    packages: WholeNumber = Field(ge=0, le=1_000_000)
    gross_weight_kg: PositiveWeight
    net_weight_kg: PositiveWeight
    volume_m3: QuantityText


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
