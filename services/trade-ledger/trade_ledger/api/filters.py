"""What the lists can be narrowed to; what is left out doesn't narrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query

from shared.events.trade_ledger import DeclarationStatus
from shared.wire import DateText, Reference


@dataclass(frozen=True, slots=True)
class AskedTrades:
    """Which trades are asked for; both dates are inclusive."""

    seller_id: Annotated[UUID | None, Query(description="the stall holder that sold")] = None
    status: Literal["registered", "void"] | None = None
    traded_from: Annotated[DateText | None, Query(description="first trade date")] = None
    traded_to: Annotated[DateText | None, Query(description="last trade date")] = None


@dataclass(frozen=True, slots=True)
class AskedDeclarations:
    """Which declarations are asked for."""

    status: DeclarationStatus | None = None
    customs_number: Annotated[Reference | None, Query(max_length=30, description="customs' own number")] = None


@dataclass(frozen=True, slots=True)
class AskedPackingLists:
    """Which packing lists are asked for."""

    status: Literal["open", "sealed", "void"] | None = None
    container_number: Annotated[Reference | None, Query(max_length=20, description="the load's container")] = None


WantedTrades = Annotated[AskedTrades, Depends()]
WantedDeclarations = Annotated[AskedDeclarations, Depends()]
WantedPackingLists = Annotated[AskedPackingLists, Depends()]
