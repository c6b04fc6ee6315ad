"""What the lists can be narrowed to; what is left out doesn't narrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query

from shared.events.trade_ledger import DeclarationStatus
from shared.http.paging import UpdatedSince
from shared.wire import Chosen, CurrencyCode, DateText, MonthText, Reference


@dataclass(frozen=True, slots=True)
class AskedTrades:
    """Which trades are asked for; both dates are inclusive."""

    number: Reference | None = None
    external_ref: Annotated[Reference | None, Query(description="the slip's own number")] = None
    seller_id: Annotated[UUID | None, Query(description="the stall holder that sold")] = None
    owner_id: UUID | None = None
    consignor_id: Annotated[UUID | None, Query(description="who exports")] = None
    buyer_id: UUID | None = None
    status: Annotated[Literal["registered", "void"], Chosen("trade_status")] | None = None
    month: Annotated[MonthText | None, Query(description="month of the trade date")] = None
    traded_from: Annotated[DateText | None, Query(description="first trade date")] = None
    traded_to: Annotated[DateText | None, Query(description="last trade date")] = None
    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class AskedDeclarations:
    """Which declarations are asked for."""

    number: Reference | None = None
    customs_number: Annotated[Reference | None, Query(max_length=30, description="customs' own number")] = None
    consignor_id: Annotated[UUID | None, Query(description="who exports")] = None
    declarant_id: Annotated[UUID | None, Query(description="who submits")] = None
    status: Annotated[DeclarationStatus, Chosen("declaration_status")] | None = None
    month: Annotated[MonthText | None, Query(description="month of the export date")] = None
    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class AskedPackingLists:
    """Which packing lists are asked for."""

    number: Reference | None = None
    consignor_id: UUID | None = None
    declaration_id: UUID | None = None
    status: Annotated[Literal["open", "sealed", "void"], Chosen("packing_list_status")] | None = None
    container_number: Annotated[Reference | None, Query(max_length=20, description="the load's container")] = None
    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class AskedRates:
    """Which customs rates are asked for."""

    month: Annotated[MonthText | None, Query(description="month of the rate")] = None
    currency: CurrencyCode | None = None


WantedTrades = Annotated[AskedTrades, Depends()]
WantedDeclarations = Annotated[AskedDeclarations, Depends()]
WantedPackingLists = Annotated[AskedPackingLists, Depends()]
WantedRates = Annotated[AskedRates, Depends()]
